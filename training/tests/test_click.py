import copy

import numpy as np
import onnxruntime
import pytest
import torch
from torch.utils.data import default_collate

from training.click.export import finder_graph, matcher_graph, quantise_finder, quantise_matcher
from training.click.net import SIDE, Finder, Matcher
from training.click.scene import Scene
from training.click.train import MOST, TURNS, Both, cut_out, example, losses, match_loss, mixes
from training.optimiser import Optimiser


@pytest.fixture(scope="module")
def scenes():
    rng = np.random.default_rng(0)
    bytes_ = lambda h, w: rng.integers(0, 256, (h, w, 3), np.uint8)
    boxes = np.array([[30, 30, 24], [80, 40, 30], [50, 20, 2]], np.float32)
    return [Scene(bytes_(64, 128), boxes, bytes_(48, 96), boxes[:2]) for _ in range(6)]


def run(model, **feed):
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, feed)


def test_marks_are_as_alike_in_bytes_as_in_floating_point(scenes):
    torch.manual_seed(0)
    match = Matcher()
    torch.nn.init.normal_(match.pair.out.weight)  # as it begins, pairs would count for nothing
    crops = np.random.default_rng(1).uniform(0, 255, (8, SIDE, SIDE, 3)).astype(np.float32)
    plain = matcher_graph(match)
    feed = {"asked": crops[:3], "seen": crops[3:]}
    (exact,), (rounded,) = run(plain, **feed), run(quantise_matcher(plain, scenes), **feed)
    assert exact.shape == (3, 5)
    assert np.abs(exact - rounded).max() < 0.3 * exact.std()


def test_centres_stay_where_they_are_in_bytes(scenes):
    torch.manual_seed(0)
    image = scenes[0].picture[None]
    plain = finder_graph(Finder())
    small = quantise_finder(plain, scenes)
    assert len(small.SerializeToString()) < 0.4 * len(plain.SerializeToString())
    for exact, rounded in zip(run(plain, image=image), run(small, image=image)):
        assert np.abs(rounded / exact - 1).max() < 0.1


def test_a_turned_cut_shows_an_upright_mark_turned_back():
    picture = np.full((80, 80, 3), 200, np.uint8)
    picture[20:60, 36:44] = 0  # upright
    lying = cut_out(picture, 40, 40, 60, np.pi / 2)
    upright = cut_out(picture, 40, 40, 60)
    assert np.abs(lying - upright.transpose(1, 0, 2)).mean() < 5
    assert np.abs(lying - upright).mean() > 20


def test_one_turn_in_which_a_mark_is_alike_is_enough():
    some = torch.zeros(2, MOST, dtype=torch.bool)
    some[:, :2] = True
    unlike = torch.zeros(4, len(TURNS), 2 * MOST)
    alike = unlike.clone()
    for row, (scene, place) in enumerate(some.nonzero()):
        alike[row, 1, scene * MOST + place] = 5
    of_own = lambda every: torch.stack([every[row, :, scene * MOST :][:, :MOST] for row, (scene, _) in enumerate(some.nonzero())])
    loss, right = match_loss(of_own(alike), alike, some)
    assert right == 1
    assert loss < match_loss(of_own(unlike), unlike, some)[0] - 1


def test_a_net_that_has_nothing_to_learn_from_stays_as_it_is(scenes):
    nets = Both()
    before = copy.deepcopy(nets.match.state_dict())
    batch = default_collate([example(scene, np.random.default_rng(0)) for scene in scenes[:2]])
    losses(nets, batch, pictures=1, matching=False)["total"].backward()
    Optimiser(nets, mixes).step(1e-2)
    assert all(torch.equal(value, before[name]) for name, value in nets.match.state_dict().items())

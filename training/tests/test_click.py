import numpy as np
import onnxruntime
import pytest
import torch

from training.click.export import ExportedFinder, ExportedMatcher, float_graph, quantise_finder, quantise_matcher
from training.click.net import SIDE, Finder, Matcher
from training.click.scene import Scene


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
    crops = np.random.default_rng(1).uniform(0, 255, (5, SIDE, SIDE, 3)).astype(np.float32)
    axes = {"crops": {0: "n"}, "codes": {0: "n"}}
    plain = float_graph(ExportedMatcher(Matcher()), torch.zeros(2, SIDE, SIDE, 3), ["crops"], ["codes"], axes)
    (exact,), (rounded,) = run(plain, crops=crops), run(quantise_matcher(plain, scenes), crops=crops)
    assert (exact * rounded).sum(1).min() > 0.98


def test_centres_stay_where_they_are_in_bytes(scenes):
    torch.manual_seed(0)
    image = scenes[0].picture[None]
    axes = {"image": {1: "h", 2: "w"}, "centre": {1: "p", 2: "q"}, "side": {1: "p", 2: "q"}}
    plain = float_graph(ExportedFinder(Finder()), torch.zeros(1, 64, 96, 3, dtype=torch.uint8), ["image"], ["centre", "side"], axes)
    small = quantise_finder(plain, scenes)
    assert len(small.SerializeToString()) < 0.4 * len(plain.SerializeToString())
    for exact, rounded in zip(run(plain, image=image), run(small, image=image)):
        assert np.abs(rounded / exact - 1).max() < 0.1

import numpy as np
import onnxruntime
import pytest
import torch

from training import checkpoint, export
from training.alphabet import CHARS
from training.average import blend
from training.ctc import greedy
from training.graph import attach_bytes, describe, float_graph
from training.net import TextNet, normalise
from training.quantise import quantise
from training.storage import load, rounded, save, store_in_halves


@pytest.fixture(scope="module")
def net():
    """The kept one: what a net of random weights says hardly depends on the image."""
    return checkpoint.averaged_net(checkpoint.KEPT["small"])[0].eval()


@pytest.fixture(scope="module")
def letters(maker):
    """Makes images whose letters differ from the paper by hue alone, uint8 (count, 48, width, 3), BGR."""
    return lambda count, width=144: np.stack(
        [maker.sample(seed, width, "hue-only", difficulty=0.3).image for seed in range(count)]
    )


def run(model, images):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"image": np.ascontiguousarray(images[..., ::-1])})[0]


def probabilities(net, images):
    with torch.no_grad():
        return net(normalise(torch.from_numpy(images))).softmax(-1).numpy()


@pytest.mark.parametrize(("count", "width"), [(1, 48), (3, 200)])
def test_the_float_graph_reads_bytes_as_the_net_does(net, letters, count, width):
    images = letters(count, width)
    model = float_graph(net)
    attach_bytes(model)
    ours = np.exp(run(model, images))
    assert ours.shape == (count, width // 8, len(CHARS) + 1)
    # The border differs a little: outside is 128, not 127.5.
    assert np.abs(ours - probabilities(net, images)).max() < 1e-3


def test_what_the_graphs_are_compared_by_tells_channels_and_shades_apart(net, letters):
    images = letters(8)
    for other in (images[..., ::-1], images // 2):
        apart = probabilities(net, np.ascontiguousarray(other)) - probabilities(net, images)
        assert np.abs(apart).max() > 5e-3


def test_stored_in_halves_it_takes_half_and_reads_the_same(net, letters):
    images = letters(2, 96)
    model = float_graph(net)
    attach_bytes(model)
    before = len(model.SerializeToString())
    store_in_halves(model)
    assert len(model.SerializeToString()) < 0.55 * before
    assert np.abs(np.exp(run(model, images)) - probabilities(net, images)).max() < 2e-3


def test_a_mantissa_cut_short_is_rounded_to_the_nearest_and_packs_into_less(net, tmp_path):
    values = np.array([1, 1 + 7 / 1024, 1 + 8 / 1024, 1 + 9 / 1024, 1 + 24 / 1024, -0.0301, 0], np.float16)
    nearest = np.array([1, 1, 1, 1 + 16 / 1024, 1 + 32 / 1024, -0.030029296875, 0], np.float16)
    assert np.array_equal(rounded(values, 6), nearest)
    sizes = []
    for mantissa in (None, 6):
        model = float_graph(net)
        store_in_halves(model, mantissa)
        save(model, tmp_path / "net.onnx.br")
        assert load(tmp_path / "net.onnx.br") == model.SerializeToString()
        sizes.append((tmp_path / "net.onnx.br").stat().st_size)
    assert sizes[1] < 0.8 * sizes[0]


def test_the_integer_graph_reads_what_the_net_does(net, letters):
    images = letters(8)
    model = quantise(float_graph(net), [image[None] for image in images])
    store_in_halves(model)
    attach_bytes(model)
    assert model.graph.input[0].type.tensor_type.elem_type == 2  # uint8
    assert "x" not in {name for node in model.graph.node for name in node.input}
    ours, theirs = greedy(run(model, images)), greedy(probabilities(net, images))
    # Calibrated on these alone, and not equalised as a release is.
    assert sum(a == b for a, b in zip(ours, theirs)) >= 6 and len(set(theirs)) == 8


def test_metadata(net):
    model = float_graph(net)
    describe(model, 12)
    facts = {p.key: p.value for p in model.metadata_props}
    assert facts["characters"] == CHARS and facts["height"] == "48" and facts["images_seen"] == "12"


def test_blend_ends_at_either_net(net):
    torch.manual_seed(1)
    other = TextNet(len(CHARS) + 1)
    assert torch.equal(blend(net, other, 1.0).head.weight, net.head.weight)
    assert torch.equal(blend(net, other, 0.0).head.weight, other.head.weight)


@pytest.fixture
def exported(tmp_path, monkeypatch, letters):
    """Exports both models in float32, the closer one of the net that is given, over two that are there already."""

    def go(net, closer):
        def build(_, images_seen, first):
            model = float_graph(net if first else closer)
            attach_bytes(model)
            return model

        monkeypatch.setattr(export, "build", build)
        for name in export.LEAST:
            (tmp_path / name).write_text("before")
        export.replace_models(net, 12, tmp_path, list(letters(20)))

    return go


def test_models_that_read_as_the_net_does_replace_those_before(net, exported, tmp_path):
    exported(net, net)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.closer.onnx.br", "text.onnx"]
    assert all(path.stat().st_size > 1e6 for path in tmp_path.iterdir())


def test_where_one_of_them_reads_otherwise_both_stay_what_they_were(net, exported, tmp_path):
    torch.manual_seed(1)
    with pytest.raises(SystemExit, match="text.closer.onnx.br: fewer than 95%"):
        exported(net, TextNet(len(CHARS) + 1).eval())
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(export.LEAST, "before")

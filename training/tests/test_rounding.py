import numpy as np
import pytest
import torch
from onnx import numpy_helper

from training.alphabet import CHARS
from training.graph import float_graph
from training.net import TextNet
from training.quantise import quantise
from training.rounding import levels_of, rounded, rounded_weight, rounding_of


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return TextNet(len(CHARS) + 1).eval()


@pytest.fixture(scope="module")
def images():
    return [image[None] for image in np.random.default_rng(1).integers(0, 256, (4, 48, 96, 3), np.uint8)]


def test_zero_and_both_ends_are_levels():
    x = torch.tensor([-1.0, 0.0, 3.0, 5.0])
    assert torch.allclose(rounded(x, levels_of(-1.0, 3.0)), torch.tensor([-1.0, 0.0, 3.0, 3.0]), atol=4 / 255)
    assert float(rounded(torch.zeros(1), levels_of(-1.0, 3.0))) == 0.0


def test_a_weight_has_a_scale_for_each_output():
    weight = torch.tensor([1.0, 0.4, 100.0, 40.0]).reshape(2, 2, 1, 1)
    assert (rounded_weight(weight) / weight - 1).abs().max() < 0.01


def test_gradients_pass_as_if_nothing_were_rounded():
    x = torch.tensor([0.1, 0.7], requires_grad=True)
    rounded(x, levels_of(0.0, 1.0)).sum().backward()
    assert torch.equal(x.grad, torch.ones(2))


def test_the_same_results_are_rounded_in_the_same_steps_as_in_the_exported_graph(net, images):
    trained = [(high - low) / 255 for low, high in filter(None, rounding_of(net, images).ranges)]
    graph = quantise(float_graph(net), images).graph
    numbers = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    made = {node.output[0]: node.op_type for node in graph.node}
    served = [float(numbers[n.input[1]]) for n in graph.node if n.op_type == "QuantizeLinear" and n.input[0] in made]
    assert trained and served
    for step in trained:
        assert min(abs(step / other - 1) for other in served) < 0.01
    for step in served:
        assert min(abs(step / other - 1) for other in trained) < 0.01


def test_attention_is_not_rounded(net, images):
    rounding = rounding_of(net, images)
    steps = torch.randn(1, 12, 120)
    with torch.no_grad():
        exact = net.neck.far(steps)
        with rounding:
            assert torch.equal(net.neck.far(steps), exact)

import numpy as np
import pytest
import torch

from training.alphabet import CHARS
from training.net import TextNet, grown, normalise


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    return TextNet(len(CHARS) + 1).eval()


def test_a_large_net_begins_with_what_the_small_one_computes(small):
    images = normalise(torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 48, 96, 3), np.uint8)))
    with torch.no_grad():
        assert torch.allclose(grown(small)(images), small(images), atol=1e-4)


def test_what_it_has_on_top_can_learn(small):
    net = grown(small)
    images = normalise(torch.from_numpy(np.random.default_rng(0).integers(0, 256, (1, 48, 64, 3), np.uint8)))
    net(images).square().mean().backward()
    added = [block for block in net.blocks if block.space.kernel_size == (5, 5)]
    assert added and all(block.project.weight.grad.abs().max() > 0 for block in added)


def test_the_small_net_is_left_as_it_was(small):
    before = small.blocks[0].project.weight.clone()
    with torch.no_grad():
        grown(small).blocks[0].project.weight.zero_()
    assert torch.equal(small.blocks[0].project.weight, before)

import torch

from training.alphabet import CHARS
from training.equalise import equalise, measured
from training.net import TextNet


def uneven_net():
    """A net some of whose channels are a hundred times as strong as others."""
    torch.manual_seed(0)
    net = TextNet(len(CHARS) + 1).eval()
    with torch.no_grad():
        for block in net.blocks:
            block.space.weight[::7] *= 100
            block.expand.weight[:, ::7] /= 100
    return net


def unevenness(net, images):
    """Mean ratio of the strongest to the median channel of what the blocks read and write."""
    most = measured(net, images)
    return torch.stack([v.max() / v.median() for name, v in most.items() if name.endswith("space")]).mean()


def test_the_net_computes_what_it_did_and_its_channels_are_alike(maker):
    net = uneven_net()
    shown = [maker.sample(seed, 144).image[None] for seed in range(60)]
    images = torch.rand(2, 3, 48, 96) * 2 - 1
    with torch.no_grad():
        before, spread = net(images), unevenness(net, shown[:8])
        equalise(net, shown)
        assert torch.allclose(net(images), before, atol=1e-3, rtol=1e-3)
        assert unevenness(net, shown[:8]) < spread / 3

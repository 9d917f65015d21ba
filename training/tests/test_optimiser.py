import torch
from torch import nn

from training.optimiser import Optimiser


class Net(nn.Sequential):
    """A convolution over space, one over channels, and a head."""

    def __init__(self):
        super().__init__()
        self.space = nn.Conv2d(4, 4, 3, groups=4)
        self.mix = nn.Conv2d(4, 8, 1)
        self.head = nn.Linear(8, 8)

    def forward(self, x):
        return self.head(self.mix(self.space(x)).mean((2, 3)))


def stepped(rate, layout=torch.contiguous_format):
    torch.manual_seed(0)
    net = Net().to(memory_format=layout)
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    optimiser = Optimiser(net)
    net(torch.randn(64, 4, 5, 5)).square().sum().backward()
    optimiser.step(rate)
    return net, {name: p.detach() - before[name] for name, p in net.named_parameters()}


def test_every_parameter_moves_and_no_gradient_stays():
    net, moved = stepped(1e-3)
    assert all(shift.abs().max() > 0 for shift in moved.values())
    assert all(p.grad is None for p in net.parameters())


def test_a_mixing_step_is_as_long_in_every_direction():
    _, moved = stepped(1e-3)
    lengths = torch.linalg.svdvals(moved["mix.weight"].flatten(1))
    assert lengths.max() < 4 * lengths.min()


def test_the_same_in_any_memory_layout():
    _, plain = stepped(1e-3)
    _, last = stepped(1e-3, torch.channels_last)
    for name, shift in plain.items():
        assert torch.allclose(shift, last[name], atol=1e-5), name

import pytest
import torch
from torch import nn

from training.schedule import LAST, PEAK, WARM_UP, follow, learning_rate


def test_rate_warms_up_and_falls_over_all_restarts():
    assert learning_rate(0, 1_000_000, 0) == 0
    assert learning_rate(WARM_UP, 100_000_000, WARM_UP) == pytest.approx(PEAK, rel=1e-3)
    assert learning_rate(500_000, 1_000_000, 500_000) == pytest.approx((PEAK + LAST) / 2)
    assert learning_rate(2_000_000, 1_000_000, 2_000_000) == pytest.approx(LAST)


def test_the_average_stays_near_while_the_net_wanders():
    net, average = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.zeros_(average.weight)
    nn.init.ones_(net.weight)
    follow(average, net, 40, 1_000_000)
    assert average.weight.item() == pytest.approx(40 / 60_000, rel=1e-3)
    follow(average, net, 40, 0)
    assert torch.equal(average.weight, net.weight)

import pytest
import torch
from torch import nn

from training.schedule import HOLD, MEMORY, PEAK, WARM_UP, follow, learning_rate


def test_rate_warms_up_stays_and_falls_over_all_restarts():
    assert learning_rate(0, 0) == 0
    assert learning_rate(0.1, WARM_UP // 2) == pytest.approx(PEAK / 2)
    assert learning_rate(HOLD, 100_000) == pytest.approx(PEAK)
    assert learning_rate((1 + HOLD) / 2, 100_000) == pytest.approx(PEAK / 2)
    assert learning_rate(2, 2_000_000) == 0


def test_the_average_stays_near_while_the_net_wanders():
    net, average = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.zeros_(average.weight)
    nn.init.ones_(net.weight)
    follow(average, net, 40, 1_000_000)
    assert average.weight.item() == pytest.approx(40 / MEMORY, rel=1e-3)
    follow(average, net, 40, 0)
    assert torch.equal(average.weight, net.weight)

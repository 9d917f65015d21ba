"""The learning rate over a run, and the running average of the weights."""

import torch

from training.net import TextNet

PEAK = 2e-4  # AdamW's at steps of about 128 images; at five times as much the net forgets what it could read
HOLD = 0.6  # part of a run after which the rate falls
WARM_UP = 4_000  # images
MEMORY = 40_000  # images over which the average forgets


def learning_rate(part: float, since_new: int, peak: float = PEAK) -> float:
    """`peak`, and from HOLD of a run on a straight fall to nothing, whatever restarts lie between; `part` of it is over.

    `since_new` counts the images since the optimiser was new: its averages need a warm-up of their own.
    """
    warm = min(1.0, since_new / WARM_UP)
    left = 1 - min(part, 1.0)
    return peak * warm * min(1.0, left / (1 - HOLD))


@torch.no_grad()
def follow(average: TextNet, net: TextNet, batch: int, since_new: int) -> None:
    """Moves `average` a step toward `net`; at first it forgets faster, lest it drag the start along."""
    memory = min(MEMORY, max(since_new / 4, batch))
    torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), min(1.0, batch / memory))

"""The learning rate by images seen, and the running average of the weights."""

import math

import torch

from training.net import TextNet

PEAK = 1.5e-4  # of AdamW at batches of about 64; with 2.5e-4 at 40 the loss rose from 1.07 to 1.35 in 15,000 images
LAST = 1e-5
WARM_UP = 16_000  # images
MEMORY = 60_000  # images over which the average forgets


def learning_rate(images: int, total: int, since_start: int) -> float:
    """Cosine from PEAK to LAST over `total` images, whatever restarts lie between.

    `since_start` counts the images since the optimiser was new: its averages need a warm-up of their own.
    """
    warm = min(1.0, since_start / WARM_UP)
    fall = (1 + math.cos(math.pi * min(images / total, 1.0))) / 2
    return warm * (LAST + (PEAK - LAST) * fall)


@torch.no_grad()
def follow(average: TextNet, net: TextNet, batch: int, since_start: int) -> None:
    """Moves `average` a step toward `net`; at first it forgets faster, lest it drag the start along."""
    memory = min(MEMORY, max(since_start / 4, batch))
    torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), min(1.0, batch / memory))

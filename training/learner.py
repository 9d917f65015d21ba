"""A net while it learns: its running average, its optimiser."""

import functools
import time
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from training.batches import Batch
from training.loss import loss_of, unlikeness
from training.net import TextNet, normalise
from training.optimiser import Optimiser
from training.schedule import follow

CLIP = 5.0  # greatest norm of a step's gradient
TOGETHER = 2  # batches a step
PARTS = ("net", "average", "optimiser")


def prefers_bfloat16(device: torch.device) -> bool:
    """Whether it is faster in bfloat16 than in float32."""
    return device.type != "cpu" or _halves_are_faster()


@functools.cache
def _halves_are_faster() -> bool:
    """Measured, for no flag tells: Zen 4 gains half, Sapphire Rapids loses a third, and without AVX-512 all is lost."""
    weights = torch.full((384, 192, 1, 1), 0.1, requires_grad=True)
    images = torch.full((16, 192, 6, 36), 0.1).to(memory_format=torch.channels_last)

    def seconds(enabled: bool) -> float:
        started = time.perf_counter()
        with torch.enable_grad(), torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            torch.conv2d(images, weights).float().sum().backward()
        return time.perf_counter() - started

    times = {kind: min(seconds(kind) for _ in range(5)) for kind in (True, False)}
    return times[True] < times[False]


class Learner:
    """`net` on `device`, where its average follows it."""

    def __init__(self, net: TextNet, device: str) -> None:
        self.net = net.to(device, memory_format=torch.channels_last)
        self.average = TextNet(net.head.out_features, net.size).to(device, memory_format=torch.channels_last)
        self.average.load_state_dict(net.state_dict())
        self.optimiser = Optimiser(self.net)
        self.seen = 0  # images since the optimiser was new

    def scores(self, images: Tensor) -> Tensor:
        """Logits of normalised `images`."""
        with torch.autocast(images.device.type, torch.bfloat16, enabled=prefers_bfloat16(images.device)):
            return self.net(images)

    def step(self, rate: float, images: int) -> None:
        """Uses up the gradients of `images` images."""
        # One that is no number would be in all weights, and within minutes in the checkpoint.
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), CLIP, error_if_nonfinite=True)
        self.optimiser.step(rate)
        follow(self.average, self.net, images, self.seen)
        self.seen += images

    def state_dict(self) -> dict[str, Any]:
        return {part: getattr(self, part).state_dict() for part in PARTS} | {"seen": self.seen}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for part in PARTS:
            getattr(self, part).load_state_dict(state[part])
        # Of a checkpoint from before it was counted: the optimiser has long been warm.
        self.seen = state.get("seen", 1 << 40)


def learn(learners: Iterable[Learner], batch: Batch, device: str) -> Tensor:
    """Adds the gradients of one of a step's batches; the loss of each net. The later learn from the earlier too."""
    images = normalise(torch.from_numpy(batch.images).to(device))
    losses: list[Tensor] = []
    teacher: Tensor | None = None
    for learner in learners:
        logits = learner.scores(images)
        loss = loss_of(logits, batch.texts)
        losses.append(loss.detach())
        if teacher is not None:
            loss = loss + unlikeness(logits, teacher, batch.texts)
        (loss / TOGETHER).backward()
        teacher = logits.detach()
    return torch.stack(losses)

"""Readies trained nets for computing in bytes: the last training, under the rounding that awaits them.

    python -m training.finish CHECKPOINT [--alpha A] [--images 45000 | --minutes M] [--rate 8e-5] [--sizes large,small]

Averages with the weights before training (`--alpha`, see average.py), evens out the channels, and trains on at a small
rate while everything is rounded as in int8. Writes finished.SIZE.pt for export.py, by default beside the checkpoint.
"""

import argparse
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

# As in train.py: read when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch import Tensor

from training import checkpoint
from training.average import RELEASED, blend
from training.batches import Producers
from training.equalise import equalise
from training.learner import CLIP, TOGETHER, learn, prefers_bfloat16
from training.net import TextNet
from training.optimiser import Optimiser
from training.quantise import CALIBRATION, calibration_images
from training.rounding import rounding_of
from training.start import starting_net
from training.styles import shares

RATE = 8e-5  # at first; it falls to nothing
WARM_UP = 2_000  # images
MEMORY = 6_000  # images over which the average forgets
REPORT = 2_000  # images


class Finisher:
    """A net that is evened out already, on its way to bytes."""

    def __init__(self, net: TextNet, device: str) -> None:
        self.net = net.to(device)
        compiled = device == "cpu" and shutil.which("g++") is not None
        self.rounding = rounding_of(net, calibration_images(CALIBRATION), compiled)
        self.average = TextNet(net.head.out_features, net.size).to(device)
        self.average.load_state_dict(net.state_dict())
        net.to(memory_format=torch.channels_last)
        self.optimiser = Optimiser(net)

    def scores(self, images: Tensor) -> Tensor:
        with self.rounding, torch.autocast(images.device.type, torch.bfloat16, enabled=prefers_bfloat16(images.device)):
            return self.net(images)

    def step(self, rate: float, pace: float) -> None:
        """Uses up the gradients, and moves the average by `pace` of its distance."""
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), CLIP)
        self.optimiser.step(rate)
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), pace)


def finish(
    finishers: list[Finisher],
    batches: Producers,
    device: str,
    rate: float,
    part: Callable[[int, float], float],
    save: Callable[[int], None],
) -> None:
    """Trains until `part` of images and seconds is 1; saves again and again. The later nets learn from the earlier."""
    seen, steps, total, begun = 0, 0, torch.zeros(len(finishers), device=device), time.monotonic()
    while (done := part(seen, time.monotonic() - begun)) < 1:
        before = seen
        for batch in [batches.next() for _ in range(TOGETHER)]:
            total += learn(finishers, batch, device)
            seen += len(batch.texts)
            steps += 1
        pace = min(1.0, (seen - before) / min(MEMORY, seen))
        for finisher in finishers:
            finisher.step(rate * min(1.0, seen / WARM_UP) * (1 - done), pace)
        if seen // REPORT > before // REPORT and steps >= 20:
            mean = " ".join(f"{loss:.3f}" for loss in (total / steps).tolist())
            print(f"{seen:,} images, loss {mean}, {seen / (time.monotonic() - begun):.0f} a second", flush=True)
            steps, total = 0, total * 0
            save(seen)
    save(seen)


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.finish")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--alpha", type=float, default=RELEASED)
    parser.add_argument("--images", type=int, default=45_000)
    parser.add_argument("--minutes", type=float, help="length in time instead")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--sizes", default="small")
    parser.add_argument("--producers", type=int, default=max(2, (os.cpu_count() or 4) - 2))
    parser.add_argument("--scale", type=float, default=1.0, help="batch size as a multiple of about 64")
    parser.add_argument("--out", type=Path, help="folder of what is written")
    chosen = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    out = chosen.out or chosen.checkpoint.parent
    finishers = []
    for size in chosen.sizes.split(","):
        net, progress = checkpoint.averaged_net(chosen.checkpoint, size)
        if size == "small" and chosen.alpha != 1:
            net = blend(net, starting_net(), chosen.alpha).eval()
        equalise(net)
        finishers.append(Finisher(net, device))
    batches = Producers(chosen.producers, progress.batches, shares(progress.exact), chosen.scale)

    def part(images: int, seconds: float) -> float:
        return seconds / 60 / chosen.minutes if chosen.minutes else images / chosen.images

    def save(seen: int) -> None:
        for finisher in finishers:
            at = replace(progress, images=progress.images + seen)
            checkpoint.save_finished(finisher.average, at, out / f"finished.{finisher.net.size}.pt")

    finish(finishers, batches, device, chosen.rate, part, save)
    batches.stop()


if __name__ == "__main__":
    main()

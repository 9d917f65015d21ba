"""Trains the text nets; started again, it goes on from its checkpoint.

    python -m training.train --run training/runs/text [--corpus DIR] [--total 2500000 | --minutes M] [--sizes SIZES]

SIGTERM saves and ends. Images are drawn by `--producers` processes beside this one; on a machine without a GPU
set OMP_NUM_THREADS to the cores there are. Of two sizes, the later learns from the earlier one too.
"""

import argparse
import os
import secrets
import signal
import time
from pathlib import Path

# Threads that sleep while they wait: spinning, two of them beside other work get half as far. Read when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch import Tensor

from training import checkpoint, curve
from training.batches import Batch, Producers
from training.families import CorpusCheck
from training.learner import TOGETHER, Learner, learn
from training.net import SIZES
from training.picture import HEIGHTS
from training.schedule import PEAK, learning_rate
from training.styles import StyleCheck, shares
from training.synth import STYLES, Synthesiser

SAVE_EVERY = 180  # seconds

_DRAW_BITS, _BATCH_BITS = 28, 32  # of a batch's seed: the run's own number, then the batch's; all seeds lie below 1 << 62


def favoured(text: str) -> dict[str, float]:
    """surface=3,tiles=2 -> how many times its share each style gets."""
    times = {style: float(factor) for style, factor in (part.split("=") for part in text.split(","))}
    if unknown := times.keys() - set(STYLES):
        raise argparse.ArgumentTypeError(f"no such style: {', '.join(sorted(unknown))}")
    return times


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="training.train")
    parser.add_argument("--run", type=Path, required=True, help="folder of the checkpoint and the curves")
    parser.add_argument("--corpus", type=Path, help="families to measure on, never trained on")
    parser.add_argument("--total", type=int, default=2_500_000, help="images of the run, in the last of which the learning rate falls")
    parser.add_argument("--minutes", type=float, help="length of the run in time of training instead")
    parser.add_argument("--sizes", default="small", help="nets to train on the same images: " + ", ".join(SIZES))
    parser.add_argument("--fresh", action="store_true", help="a new run from PP-OCRv6's weights, not the kept ones")
    parser.add_argument("--check-every", type=int, help="images between validations (default: 20,000 times --scale)")
    parser.add_argument("--check-all-every", type=int, default=200_000, help="the same for whole corpora")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument(
        "--producers", type=int, help="processes that draw images (default: 2, or cores - 2 with a GPU)"
    )
    parser.add_argument("--rows", default=",".join(map(str, HEIGHTS)), help="heights of the images, multiples of 16")
    parser.add_argument("--favour", type=favoured, default={}, help="STYLE=TIMES,…: larger shares for some styles")
    parser.add_argument("--peak", type=float, default=PEAK, help="highest learning rate")
    parser.add_argument(
        "--scale", type=float, help="batch size as a multiple of about 64 (default: 1, or 4 with a GPU)"
    )
    chosen = parser.parse_args()
    chosen.sizes = chosen.sizes.split(",")
    chosen.rows = tuple(map(int, chosen.rows.split(",")))
    if chosen.device == "auto":
        chosen.device = "cuda" if torch.cuda.is_available() else "cpu"
    gpu = chosen.device == "cuda"
    chosen.producers = chosen.producers or (max(2, (os.cpu_count() or 4) - 2) if gpu else 2)
    chosen.scale = chosen.scale or (4.0 if gpu else 1.0)
    chosen.check_every = chosen.check_every or round(20_000 * chosen.scale)
    return chosen


class Run:
    """One start of the trainer: the nets that learn, and how far they have come."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self.chosen = chosen
        chosen.run.mkdir(parents=True, exist_ok=True)
        self.file = chosen.run / "checkpoint.pt"
        self.learners: dict[str, Learner] = {}
        for size in chosen.sizes:
            net, self.progress = checkpoint.fresh_net(size, kept=not chosen.fresh)
            self.learners[size] = Learner(net, chosen.device)
        self.progress.began = self.progress.images
        self.progress.draw = secrets.randbits(_DRAW_BITS)
        if self.file.exists():
            self.progress = checkpoint.load(self.file, self.learners)
        self.styles = StyleCheck(Synthesiser())
        self.corpus = CorpusCheck(chosen.corpus) if chosen.corpus else None
        self.ended = False

    @property
    def part(self) -> float:
        """How much of the run is over, 0 to 1."""
        if self.chosen.minutes:
            return min(self.progress.spent / 60 / self.chosen.minutes, 1.0)
        return min((self.progress.images - self.progress.began) / self.chosen.total, 1.0)

    def step(self, batches: list[Batch]) -> Tensor:
        """One step of the optimisers over batches of several widths; returns the mean loss of each net."""
        at = self.progress
        losses = [learn(self.learners.values(), batch, self.chosen.device) for batch in batches]
        seen = sum(len(batch.texts) for batch in batches)
        for learner in self.learners.values():
            learner.step(learning_rate(self.part, learner.seen, self.chosen.peak) * self.chosen.scale**0.5, seen)
        at.images += seen
        at.batches += len(batches)
        return torch.stack(losses).mean(0)

    def check(self, losses: list[Tensor]) -> None:
        """Measures the averaged nets, appends to their curves and draws them."""
        at = self.progress
        whole = at.images - at.fully_checked_at >= self.chosen.check_all_every
        mean = torch.stack(losses).mean(0).tolist() if losses else [float("nan")] * len(self.learners)
        for (size, learner), loss in zip(self.learners.items(), mean):
            folder = self.chosen.run / size
            folder.mkdir(exist_ok=True)
            at.exact = self.styles.read(learner.average)
            row = {"images": at.images, "seconds": round(at.seconds), "loss": round(loss, 4)}
            row |= {"styles": round(float(np.mean(list(at.exact.values()))), 4), "corpus": "", "tall": "", "whole": ""}
            curve.append(folder / "styles.csv", {"images": at.images} | {k: round(v, 3) for k, v in at.exact.items()})
            if self.corpus:
                exact = self.corpus.read(learner.average, whole)
                row["corpus"] = round(float(np.mean([share.few for share in exact.values()])), 4)
                row["tall"] = round(float(np.mean([share.tall for share in exact.values()])), 4)
                if whole:
                    row["whole"] = round(float(np.mean([share.every for share in exact.values()])), 4)
                curve.append(
                    folder / "families.csv", {"images": at.images} | {k: round(v.few, 3) for k, v in exact.items()}
                )
            curve.append(folder / "curve.csv", row)
            curve.draw(folder / "curve.csv", folder / "curve.png")
            print(size, *(f"{k} {v}" for k, v in row.items() if v != ""), flush=True)
        at.checked_at = at.images
        if whole and self.corpus:
            at.fully_checked_at = at.images

    def save(self) -> None:
        checkpoint.save(self.file, self.learners, self.progress)
        for size, learner in self.learners.items():
            checkpoint.keep(learner.average, self.progress, self.chosen.run / size / "average.pt")

    def go(self) -> None:
        """Trains until the run is over, or SIGTERM."""
        at = self.progress
        chosen = self.chosen
        first = (at.draw << _BATCH_BITS) + at.batches
        producers = Producers(chosen.producers, first, shares(at.exact, chosen.favour), chosen.scale, chosen.rows)
        losses: list[Tensor] = []
        saved = time.monotonic()
        if at.exact.keys() != set(STYLES):
            self.check([])
            producers.share[:] = shares(at.exact, chosen.favour).tolist()
        from_images, from_time, waited = at.images, time.monotonic(), 0.0
        last = from_time
        while self.part < 1 and not self.ended:
            batches = [producers.next() for _ in range(TOGETHER)]
            waited += time.monotonic() - last
            losses.append(self.step(batches))
            now = time.monotonic()
            at.seconds += now - last
            if chosen.minutes:
                at.spent += now - last
            last = now
            if len(losses) % 25 == 0:
                spent = now - from_time
                speed, idle = (at.images - from_images) / spent, waited / spent
                mean = " ".join(f"{loss:.3f}" for loss in torch.stack(losses[-25:]).mean(0).tolist())
                print(f"{at.images:,} images, loss {mean}, {speed:.0f} a second, {idle:.0%} waiting", flush=True)
                from_images, from_time, waited = at.images, now, 0.0
            if at.images - at.checked_at >= self.chosen.check_every:
                self.check(losses)
                losses.clear()
                producers.share[:] = shares(at.exact, chosen.favour).tolist()
                from_images, from_time, waited = at.images, time.monotonic(), 0.0
                last = from_time
            if now - saved > SAVE_EVERY:
                self.save()
                saved = now
        if not self.ended:
            at.spent = 0.0  # The next start is a run of its own, and draws by what this one reads at its end.
            self.save()
            self.check(losses)
        self.save()
        producers.stop()

    def end(self, *_: object) -> None:
        self.ended = True


if __name__ == "__main__":
    run = Run(options())
    signal.signal(signal.SIGTERM, run.end)
    run.go()

"""Trains the text net; started again, it goes on from its checkpoint.

    python -m training.train --run training/runs/text [--corpus DIR] [--total 2500000] [--device auto]

SIGTERM saves and ends. Images are drawn by `--producers` processes beside this one; on a machine without a GPU
set OMP_NUM_THREADS to the cores there are.
"""

import argparse
import os
import signal
import time
from pathlib import Path

# Threads that sleep while they wait: spinning, two of them beside other work get half as far. Read when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
import torch.nn.functional as F

from training import checkpoint, curve
from training.batches import Batch, Producers
from training.ctc import encode
from training.families import CorpusCheck
from training.net import TextNet, normalise
from training.optimiser import Optimiser
from training.schedule import follow, learning_rate
from training.styles import StyleCheck, shares
from training.synth import Synthesiser

CLIP = 5.0  # greatest norm of a step's gradient
# Loss a character from which an image counts less: what no one can read would teach the net to guess.
READABLE = 1.0
TOGETHER = 2  # batches a step
SAVE_EVERY = 180  # seconds


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="training.train")
    parser.add_argument("--run", type=Path, required=True, help="folder of the checkpoint and the curves")
    parser.add_argument("--corpus", type=Path, help="families to measure on, never trained on")
    parser.add_argument("--total", type=int, default=2_500_000, help="images over which the learning rate falls")
    parser.add_argument("--fresh", action="store_true", help="a new run from PP-OCRv6's weights, not the kept ones")
    parser.add_argument("--check-every", type=int, help="images between validations (default: 20,000 times --scale)")
    parser.add_argument("--check-all-every", type=int, default=200_000, help="the same for whole corpora")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument(
        "--producers", type=int, help="processes that draw images (default: 2, or cores - 2 with a GPU)"
    )
    parser.add_argument(
        "--scale", type=float, help="batch size as a multiple of about 64 (default: 1, or 4 with a GPU)"
    )
    chosen = parser.parse_args()
    if chosen.device == "auto":
        chosen.device = "cuda" if torch.cuda.is_available() else "cpu"
    gpu = chosen.device == "cuda"
    chosen.producers = chosen.producers or (max(2, (os.cpu_count() or 4) - 2) if gpu else 2)
    chosen.scale = chosen.scale or (4.0 if gpu else 1.0)
    chosen.check_every = chosen.check_every or round(20_000 * chosen.scale)
    return chosen


def loss_of(net: TextNet, batch: Batch, device: str) -> torch.Tensor:
    """Mean CTC loss a character, unreadable images at less weight; forward in bfloat16, the loss in float32."""
    images = normalise(torch.from_numpy(batch.images).to(device, non_blocking=True))
    with torch.autocast(device, torch.bfloat16):
        logits = net(images)
    steps, lengths = logits.shape[1], torch.tensor([len(text) for text in batch.texts])
    targets = torch.tensor([k for text in batch.texts for k in encode(text)])
    losses = F.ctc_loss(
        logits.float().log_softmax(-1).transpose(0, 1),
        targets.to(device),
        torch.full((len(lengths),), steps),
        lengths,
        reduction="none",
        zero_infinity=True,  # a text longer than the steps have room for
    ) / lengths.to(device)
    return (losses * (READABLE / losses.detach().clamp(min=READABLE))).mean()


class Run:
    """One start of the trainer: its nets, its optimiser, and how far they have come."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self.chosen = chosen
        chosen.run.mkdir(parents=True, exist_ok=True)
        self.file = chosen.run / "checkpoint.pt"
        self.net, self.progress = checkpoint.fresh_net(kept=not chosen.fresh)
        self.average = TextNet(self.net.head.out_features)
        for net in (self.net, self.average):
            net.to(chosen.device, memory_format=torch.channels_last)
        self.average.load_state_dict(self.net.state_dict())
        self.optimiser = Optimiser(self.net)
        self.start = self.progress.images
        if self.file.exists():
            self.progress = checkpoint.load(self.file, self.net, self.average, self.optimiser)
            self.start = 0
        self.styles = StyleCheck(Synthesiser())
        self.corpus = CorpusCheck(chosen.corpus) if chosen.corpus else None
        self.ended = False

    def step(self, batches: list[Batch]) -> torch.Tensor:
        """One step of the optimiser over batches of several widths; returns their mean loss."""
        at = self.progress
        since_start = at.images - self.start
        losses = []
        for batch in batches:
            loss = loss_of(self.net, batch, self.chosen.device)
            (loss / len(batches)).backward()
            losses.append(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), CLIP)
        self.optimiser.step(learning_rate(at.images, self.chosen.total, since_start) * self.chosen.scale**0.5)
        seen = sum(len(batch.texts) for batch in batches)
        at.images += seen
        at.batches += len(batches)
        follow(self.average, self.net, seen, since_start)
        return torch.stack(losses).mean()

    def check(self, loss: float) -> None:
        """Measures the averaged net, appends to the curves and draws them."""
        at, folder = self.progress, self.chosen.run
        at.exact = self.styles.read(self.average)
        row = {"images": at.images, "seconds": round(at.seconds), "loss": round(loss, 4)}
        row |= {"styles": round(float(np.mean(list(at.exact.values()))), 4), "corpus": "", "tall": "", "whole": ""}
        curve.append(folder / "styles.csv", {"images": at.images} | {k: round(v, 3) for k, v in at.exact.items()})
        if self.corpus:
            whole = at.images - at.fully_checked_at >= self.chosen.check_all_every
            exact = self.corpus.read(self.average, whole)
            row["corpus"] = round(float(np.mean([share.few for share in exact.values()])), 4)
            row["tall"] = round(float(np.mean([share.tall for share in exact.values()])), 4)
            if whole:
                row["whole"] = round(float(np.mean([share.every for share in exact.values()])), 4)
                at.fully_checked_at = at.images
            curve.append(
                folder / "families.csv", {"images": at.images} | {k: round(v.few, 3) for k, v in exact.items()}
            )
        curve.append(folder / "curve.csv", row)
        curve.draw(folder / "curve.csv", folder / "curve.png")
        at.checked_at = at.images
        print(*(f"{k} {v}" for k, v in row.items() if v != ""), flush=True)

    def save(self) -> None:
        checkpoint.save(self.file, self.net, self.average, self.optimiser, self.progress)

    def go(self) -> None:
        """Trains until `total` images or SIGTERM."""
        at = self.progress
        producers = Producers(self.chosen.producers, at.batches, shares(at.exact), self.chosen.scale)
        losses: list[torch.Tensor] = []
        saved = time.monotonic()
        if not at.exact:
            self.check(float("nan"))
        from_images, from_time, waited = at.images, time.monotonic(), 0.0
        last = from_time
        while at.images < self.chosen.total and not self.ended:
            batches = [producers.next() for _ in range(TOGETHER)]
            waited += time.monotonic() - last
            losses.append(self.step(batches))
            now = time.monotonic()
            at.seconds, last = at.seconds + now - last, now
            if len(losses) % 25 == 0:
                spent = now - from_time
                speed, idle = (at.images - from_images) / spent, waited / spent
                mean = float(torch.stack(losses[-25:]).mean())
                print(f"{at.images:,} images, loss {mean:.3f}, {speed:.0f} a second, {idle:.0%} waiting", flush=True)
                from_images, from_time, waited = at.images, now, 0.0
            if at.images - at.checked_at >= self.chosen.check_every:
                self.check(float(torch.stack(losses).mean()))
                losses.clear()
                producers.share[:] = shares(at.exact).tolist()
                from_images, from_time, waited = at.images, time.monotonic(), 0.0
                last = from_time
            if now - saved > SAVE_EVERY:
                self.save()
                saved = now
        if not self.ended:
            self.check(float(torch.stack(losses).mean()) if losses else float("nan"))
        producers.stop()
        self.save()

    def end(self, *_: object) -> None:
        self.ended = True


if __name__ == "__main__":
    run = Run(options())
    signal.signal(signal.SIGTERM, run.end)
    run.go()

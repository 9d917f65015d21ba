"""Training batches, drawn by processes of their own: one width a batch, so that nothing is padded."""

import multiprocessing
import os
import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.picture import HEIGHT, HEIGHTS, HIGHEST, NARROW, STRIDE, TALL, scaled

PIXELS = 64 * 160 * HEIGHT  # in a batch, about, whatever its size

# Columns of large batches. They are for a GPU, which readies its kernels anew for each shape: of 53 widths an H100
# learnt 70 to 530 images a second for both sizes of net, of one width 2,100.
FEW_WIDTHS = np.array([80, 112, 144, 192, 288, 432])

DIFFICULTY = (0.3, 1.0)  # of the synthesiser, drawn evenly: real captchas are rarely as hard as they could be


@dataclass(frozen=True)
class Batch:
    images: np.ndarray  # (N, H, W, 3) uint8 BGR
    texts: list[str]


def draw_width(rng: np.random.Generator) -> int:
    """Columns of an image at 48 rows, a multiple of 8: real captchas lie about 144, with long ones up to 480."""
    long = rng.random() < 0.06
    columns = rng.uniform(240, 480) if long else np.exp(rng.normal(np.log(144), 0.3))
    return int(np.clip(round(columns / STRIDE) * STRIDE, 64, 480))


def batch_size(height: int, width: int, scale: float = 1.0) -> int:
    """Images in a batch of this size."""
    return max(8, min(112, round(PIXELS / height / width))) * max(1, round(scale))


def draw_batch(
    synthesiser: Any,
    styles: tuple[str, ...],
    share: np.ndarray,
    seed: int,
    scale: float,
    heights: tuple[int, ...] = HEIGHTS,
) -> Batch:
    """The batch of `seed`; all `heights` are as frequent, and narrow pictures come from HIGHEST rows too."""
    rng = np.random.default_rng(seed)
    # By no turn of the seeds: each process has every second, and would have one height.
    height = heights[rng.integers(len(heights))]
    columns = draw_width(rng)
    if scale > 1:
        columns = int(FEW_WIDTHS[np.abs(np.log(FEW_WIDTHS / columns)).argmin()])
    if height == TALL and columns <= NARROW and rng.random() < 0.5:
        height = HIGHEST
    width = scaled(columns, height)
    count = batch_size(height, width, scale)
    chosen = rng.choice(len(styles), count, p=share)
    seeds = rng.integers(1 << 40, size=count)
    hard = rng.uniform(*DIFFICULTY, count)
    samples = [
        synthesiser.sample(int(s), width, styles[k], difficulty=float(d), height=height)
        for s, k, d in zip(seeds, chosen, hard)
    ]
    images = np.stack([s.image for s in samples])
    assert images.shape[1:] == (height, width, 3), images.shape
    return Batch(images, [s.text for s in samples])


def all_fonts() -> Any:
    from training.synth import Synthesiser

    return Synthesiser()


def produce(
    out: Any, share: Any, seeds: range, scale: float, heights: tuple[int, ...], make: Callable[[], Any]
) -> None:
    """Body of one process: fills the queue until its parent is gone."""
    import cv2

    cv2.setNumThreads(0)
    from training.synth import STYLES

    parent = os.getppid()
    synthesiser = make()
    # Else its end waits until what is in the pipe has been read, which its sisters hold open.
    out.cancel_join_thread()
    for seed in seeds:
        weights = np.array(share[:])
        batch = draw_batch(synthesiser, STYLES, weights / weights.sum(), seed, scale, heights)
        while True:
            # A killed trainer must not leave processes behind that wait for ever.
            if os.getppid() != parent:
                return
            try:
                out.put(batch, timeout=5)
                break
            except queue.Full:
                continue


class Producers:
    """`count` processes that draw batches ahead of the trainer, each by what `make` makes; `share` may change at any time."""

    def __init__(
        self,
        count: int,
        first_seed: int,
        share: np.ndarray,
        scale: float = 1.0,
        heights: tuple[int, ...] = HEIGHTS,
        make: Callable[[], Any] = all_fonts,
    ) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.queue = spawn.Queue(4 * count + 4)
        self.share = spawn.Array("d", share.tolist())
        self.processes = [
            spawn.Process(
                target=produce,
                args=(self.queue, self.share, range(first_seed + k, 1 << 62, count), scale, heights, make),
                daemon=True,
            )
            for k in range(count)
        ]
        for process in self.processes:
            process.start()

    def next(self) -> Batch:
        while True:
            try:
                return self.queue.get(timeout=10)
            except queue.Empty:
                dead = [p.exitcode for p in self.processes if p.exitcode is not None]
                if dead:
                    raise RuntimeError(f"a process that draws images ended with {dead}") from None

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()

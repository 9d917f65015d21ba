"""Picks the pictures that a net still learns from, by what the released one makes of them.

Of what is drawn it reads more than half with certainty, which teaches next to nothing, and an eighth nobody reads. In
int8 a picture is read in a tenth of the time that a step of training takes for it.
"""

from pathlib import Path

import numpy as np
import torch

from training.loss import losses_of
from training.reading import onnx_scorer, score_all

RELEASED = Path(__file__).parent.parent / "models" / "text.onnx"

# Loss a character up to which, and from which on, a picture is worth less; and how many of such are kept, lest the
# net forget what is easy, or never learn what the released one cannot read.
EASY, HARD = 0.02, 2.0
KEPT_EASY, KEPT_HARD = 0.15, 0.35


class Sieve:
    """model: an .onnx file as `training.export` writes it."""

    def __init__(self, model: Path = RELEASED) -> None:
        self.score = onnx_scorer(model)

    def losses(self, images: np.ndarray, texts: list[str]) -> np.ndarray:
        """CTC loss a character of (N, H, W, 3) uint8 BGR images."""
        logp = np.stack(score_all(self.score, images))
        return losses_of(torch.from_numpy(logp), texts).numpy()

    def keeps(self, rng: np.random.Generator, images: np.ndarray, texts: list[str]) -> np.ndarray:
        """(N,) bool: which of the images to train on."""
        losses = self.losses(images, texts)
        share = np.where(losses < EASY, KEPT_EASY, np.where(losses > HARD, KEPT_HARD, 1.0))
        return rng.random(len(texts)) < share

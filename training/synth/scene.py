"""The state of one picture while it is made."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from training.synth.dice import Dice
from training.synth.segments import Display

Colour = tuple[int, int, int]

# The unit of fine pictures, as in one of 67 rows.
_FINE = 1.4


@dataclass
class Scene:
    """A picture of native size h x w.

    mix: strength 0..1 of every ingredient taking part. alpha: uint8 (h, w), where the text is.
    ink: BGR of the text, uint8 (h, w, 3), or None while the text has the one colour `colour`.
    canvas: uint8 (h, w, 3), what lies behind the text, later the whole picture. smooth: edges are
    anti-aliased. fine: large, with strokes as thin as in a small picture. tile: its kind, pitch in glyph pixels and line width of the tiles that
    build each letter. brush: radius in glyph pixels, and whether each stroke is drawn twice. display: that shows the digits. palest: how far the palest letter's colour is from the paper, where some are
    pale. nested: neighbours share columns, one above the other. cap: height of capitals in pixels.
    centres: x, y of each letter's middle.
    """

    dice: Dice
    h: int
    w: int
    text: str
    mix: dict[str, float]
    difficulty: float
    paper: Colour = (255, 255, 255)
    colour: Colour = (0, 0, 0)
    cap: float = 24.0
    alpha: np.ndarray = field(default_factory=lambda: np.zeros((1, 1), np.uint8))
    ink: np.ndarray | None = None
    canvas: np.ndarray = field(default_factory=lambda: np.zeros((1, 1, 3), np.uint8))
    smooth: bool = True
    fine: bool = False
    tile: tuple[int, int, int] | None = None
    brush: tuple[int, bool] | None = None
    display: Display | None = None
    palest: float = 0.0
    nested: bool = False
    centres: list[tuple[float, float]] = field(default_factory=list)

    @property
    def unit(self) -> float:
        """Of marks, in pixels: 1 in a picture of 48 rows."""
        return min(self.h / 48.0, _FINE if self.fine else math.inf)

    def strength(self, name: str) -> float:
        return self.mix.get(name, 0.0)

    def thick(self, low: float, high: float) -> int:
        """A whole line thickness, at least 1, from a range in pixels of a 48 high picture."""
        return max(1, round(self.dice.u(low, high) * self.unit))

    def flat(self, colour: Colour) -> np.ndarray:
        out = np.empty((self.h, self.w, 3), np.uint8)
        out[:] = colour
        return out

    def full_ink(self) -> np.ndarray:
        """The text's colours as an image, made on first use."""
        if self.ink is None:
            self.ink = self.flat(self.colour)
        return self.ink

    def put_under(self, alpha: np.ndarray, colour: Colour) -> None:
        """Lays a second mask beneath the text; both are the text from then on."""
        self.ink = blend(self.flat(colour), self.full_ink(), self.alpha)
        self.alpha = cv2.max(self.alpha, alpha)

    def put_over(self, alpha: np.ndarray, colour: Colour) -> None:
        """Lays a second mask on the text; both are the text from then on."""
        self.ink = blend(self.full_ink(), self.flat(colour), alpha)
        self.alpha = cv2.max(self.alpha, alpha)


def blend(below: np.ndarray, above: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """`above` over `below`, both uint8 (h, w, 3), by alpha uint8 (h, w)."""
    weight = alpha.astype(np.float32)
    weight *= 1 / 255
    return cv2.blendLinear(above, below, weight, 1 - weight)

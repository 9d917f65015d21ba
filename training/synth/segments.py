"""Digits of displays: each of seven bars, of which those that are out may still be seen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from training.synth.dice import Dice
from training.synth.glyphs import CAP, Glyph

# From the top to the right, down, round to the left, and last the middle; names as displays' data sheets have them.
_LIT = {
    "0": "abcdef",
    "1": "bc",
    "2": "abdeg",
    "3": "abcdg",
    "4": "bcfg",
    "5": "acdfg",
    "6": "acdefg",
    "7": "abc",
    "8": "abcdefg",
    "9": "abcdfg",
}
# Some displays write these digits with one bar more or less.
_OTHERWISE = {"6": "cdefg", "7": "abcf", "9": "abcfg"}
_SHIFT = 4  # fractional bits of OpenCV's coordinates


@dataclass(frozen=True)
class Display:
    """Width of a digit, thickness of its bars and the gap between two, in pixels of a glyph; `lean`: columns for each
    row upward; `pointed`: bars end in points; `out`: 0..255, how much of a bar is seen that is out; `otherwise`: digits
    written with one bar more or less."""

    width: float
    thick: float
    gap: float
    lean: float
    pointed: bool
    out: int
    otherwise: str


def choose_display(dice: Dice) -> Display:
    return Display(
        width=CAP * dice.u(0.42, 0.68),
        thick=CAP * dice.u(0.07, 0.17),
        gap=CAP * dice.u(0.0, 0.05),
        lean=dice.weighted((0.0, dice.u(0.03, 0.2)), (0.5, 0.5)),
        pointed=dice.chance(0.6),
        out=round(255 * dice.u(0.02, 0.16)) if dice.chance(0.75) else 0,
        otherwise="".join(c for c in _OTHERWISE if dice.chance(0.25)),
    )


def digit(display: Display, char: str) -> Glyph:
    """A digit as the display shows it."""
    lit = _OTHERWISE[char] if char in display.otherwise else _LIT[char]
    room = round(display.lean * CAP)
    mask = np.zeros((CAP, round(display.width) + room), np.uint8)
    for name, bar in _bars(display).items():
        level = 255 if name in lit else display.out
        if level:
            lean = np.array([[x + display.lean * (CAP - y), y] for x, y in bar])
            cv2.fillPoly(mask, [np.round(lean * (1 << _SHIFT)).astype(np.int32)], level, cv2.LINE_AA, _SHIFT)
    side = 0.12 * CAP
    return Glyph(mask, side, -float(CAP), mask.shape[1] + 2 * side)


def _bars(display: Display) -> dict[str, np.ndarray]:
    """(6, 2) floats of each bar: the x, y of its corners, upright."""
    r, gap = display.thick / 2, display.gap / 2
    left, right, top, middle, bottom = r, display.width - 1 - r, r, CAP / 2, CAP - 1 - r
    ends = {
        "a": ((left, top), (right, top)),
        "b": ((right, top), (right, middle)),
        "c": ((right, middle), (right, bottom)),
        "d": ((left, bottom), (right, bottom)),
        "e": ((left, middle), (left, bottom)),
        "f": ((left, top), (left, middle)),
        "g": ((left, middle), (right, middle)),
    }
    return {name: _bar(np.array(a), np.array(b), r, gap, display.pointed) for name, (a, b) in ends.items()}


def _bar(a: np.ndarray, b: np.ndarray, r: float, gap: float, pointed: bool) -> np.ndarray:
    along = (b - a) / np.linalg.norm(b - a)
    across = along[::-1] * r
    a, b = a + along * gap, b - along * gap
    into = along * (r if pointed else 0.0)
    return np.array([a, a + into + across, b - into + across, b, b - into - across, a + into - across])

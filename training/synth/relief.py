"""Letters that differ from their surroundings by pattern only, not by an ink."""

from __future__ import annotations

import cv2
import numpy as np

from training.synth.scene import Scene, blend


def draw(s: Scene) -> None:
    """Draws the text into the canvas as a disturbance of a pattern and clears its mask."""
    dice = s.dice
    kind = dice.random()
    if kind < 0.12:
        _standing(s)
    elif kind < 0.28:
        _raised_lines(s)
    elif kind < 0.55:
        _density(s)
    elif kind < 0.68:
        _broken_pattern(s)
    else:
        _lit(s)
    s.alpha = np.zeros_like(s.alpha)
    s.ink = None


def _stripes(s: Scene, period: float, lean: float, high: np.ndarray | float = 0.0) -> np.ndarray:
    """uint8 (h, w): level stripes, each pixel taken from `high` pixels further down."""
    y = np.arange(s.h, dtype=np.float32)[:, None] + np.arange(s.w, dtype=np.float32)[None] * np.float32(lean)
    phase = (y + high) * np.float32(6.2832 / period)
    return (127.5 + 127.5 * np.sin(phase)).astype(np.uint8)


def _raised_lines(s: Scene) -> None:
    """Fine lines that climb over the letters as over hills."""
    dice = s.dice
    period = max(4.0 * s.unit, s.cap * dice.u(0.1, 0.2))
    hill = cv2.blur(s.alpha, (max(2, int(s.cap * 0.06)),) * 2).astype(np.float32)
    hill *= np.float32(dice.sign() * period * dice.u(0.5, 1.6) / 255)
    lines = _stripes(s, period, dice.u(-0.2, 0.2), hill)
    if dice.chance(0.4):
        lines = cv2.max(lines, _stripes(s, period, dice.sign() * dice.u(1.5, 6.0), hill))
    if dice.chance(0.6):
        lines = cv2.threshold(lines, dice.u(90, 165), 255, cv2.THRESH_BINARY)[1]
    if dice.chance(0.85):
        lines = cv2.max(lines // 2, (s.alpha * np.float32(dice.u(0.5, 0.9))).astype(np.uint8))
    s.canvas = blend(s.canvas, s.flat(s.colour), lines)


def _standing(s: Scene) -> None:
    """A mesh on which the letters stand like walls: their tops drawn over, fine lines down their sides."""
    dice = s.dice
    mesh = np.zeros_like(s.alpha)
    step = max(3, round(s.cap * dice.u(0.08, 0.2)))
    mesh[:: max(2, round(step * dice.u(0.5, 1)))] = 255
    mesh[:, ::step] = 255
    deep = max(3, round(s.cap * dice.u(0.15, 0.5)))
    lean = dice.u(-0.3, 0.3)
    kernel = np.zeros((2 * deep + 1, 2 * deep + 1), np.uint8)
    for i in range(deep + 1):
        kernel[deep - i, deep + round(i * lean)] = 1
    side = cv2.dilate(s.alpha, kernel)
    walls = np.zeros_like(s.alpha)
    walls[:, :: dice.pick((2, 2, 3))] = 255
    s.canvas = blend(s.canvas, s.flat(s.colour), (mesh * np.float32(dice.u(0.15, 0.5))).astype(np.uint8))
    s.canvas = blend(s.canvas, s.flat(s.colour), (cv2.min(side, walls) * np.float32(dice.u(0.4, 0.9))).astype(np.uint8))
    top = s.alpha if dice.chance(0.5) else cv2.morphologyEx(s.alpha, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    s.canvas = blend(s.canvas, s.flat(s.colour), (top * np.float32(dice.u(0.6, 1.0))).astype(np.uint8))


def _density(s: Scene) -> None:
    """Grains of one colour, denser in the letters than round them (or the other way)."""
    dice = s.dice
    cell = 1 if s.cap < 24 else dice.pick((1, 1, 2))
    grain = dice.flat_field(-(-s.h // cell), -(-s.w // cell))
    grain = cv2.resize(grain, (s.w, s.h), interpolation=cv2.INTER_NEAREST) if cell > 1 else grain
    few, many = dice.u(5, 75), dice.u(165, 250)
    if dice.chance(0.25):
        few, many = many, few
    limit = few + (many - few) / 255 * s.alpha.astype(np.float32)
    s.canvas = blend(s.canvas, s.flat(s.colour), np.where(grain < limit, 255, 0).astype(np.uint8))


def _broken_pattern(s: Scene) -> None:
    """A pattern fills the picture; inside the letters it has another direction or phase."""
    dice = s.dice
    period = max(3.6 * s.unit, s.cap * dice.u(0.12, 0.22))
    outside = _stripes(s, period, dice.u(-0.3, 0.3))
    if dice.chance(0.5):
        inside = 255 - outside
    else:
        inside = _stripes(s, period * dice.u(0.6, 0.9), dice.pick((-1.5, 1.5, 4.0)))
    pattern = cv2.copyTo(inside, cv2.threshold(s.alpha, 127, 255, cv2.THRESH_BINARY)[1], outside.copy())
    if dice.chance(0.5):
        pattern = cv2.threshold(pattern, 127, 255, cv2.THRESH_BINARY)[1]
    s.canvas = blend(s.canvas, s.flat(s.colour), pattern)
    if dice.chance(0.7):
        s.canvas = blend(s.canvas, s.flat(s.colour), (s.alpha * np.float32(0.4)).astype(np.uint8))


def _lit(s: Scene) -> None:
    """The paper itself is embossed: light on one flank of each stroke, dark on the other."""
    dice = s.dice
    soft = cv2.GaussianBlur(s.alpha, (0, 0), max(0.5, s.cap * dice.u(0.015, 0.04)))
    d = max(1, round(s.cap * 0.03))
    flank = np.roll(soft, d, (0, 1)).astype(np.int16) - np.roll(soft, -d, (0, 1))
    flank = (flank * np.float32(dice.sign() * dice.u(0.5, 1.0))).astype(np.int16)
    s.canvas = np.clip(s.canvas.astype(np.int16) + flank[:, :, None], 0, 255).astype(np.uint8)

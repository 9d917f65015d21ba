"""Letters that are not part of the text: smaller and fainter than it."""

from __future__ import annotations

import cv2
import numpy as np

from training.alphabet import CHARS
from training.synth import colours
from training.synth.glyphs import CAP, GlyphSet
from training.synth.letter import stamp
from training.synth.scene import Scene


def draw(s: Scene, glyphs: GlyphSet, strength: float) -> None:
    """Strews small pale letters over the canvas, before the text comes."""
    dice = s.dice
    count = 4 + int(44 * strength * dice.random())
    font = glyphs.choose(dice, "a0A")
    gap = colours.apart(s.paper, s.colour)
    small = dice.u(0.2, 0.48)
    large = dice.chance(0.25)
    # The smaller the letters, the stronger they may be without being taken for the text.
    most = 0.9 if small < 0.36 else 0.5
    tint = None
    if dice.chance(0.3):
        tint = colours.mixed(s.paper, s.colour, dice.u(0.15, 0.4))
    row = _caption(s) if dice.chance(0.08) and not large else None
    for i in range(min(count, 6 if dice.chance(0.6) else 30) if large else count):
        share = dice.u(0.2, most) if not large else dice.u(0.1, 0.3)
        c = tint or colours.mixed(s.paper, colours.ink_on(dice, s.paper, 0.5 * gap), share if gap > 60 else 0.5 * share)
        g = glyphs.glyph(font, dice.pick(CHARS[:62]))
        k = s.cap * (dice.u(0.8, 1.1) if large else small * dice.u(0.8, 1.2)) / CAP
        roi = stamp(
            (s.h, s.w),
            g.mask,
            k,
            k,
            dice.u(-0.6, 0.6) * (row is None),
            0.0,
            dice.u(0, s.w) if row is None else (i + 1) * 26 * k,
            dice.u(0, s.h) if row is None else row,
        )
        if roi is None:
            continue
        mask, y, x = roi
        h, w = mask.shape
        part = s.canvas[y : y + h, x : x + w]
        weight = mask.astype(np.float32) * np.float32(1 / 255)
        above = np.empty((h, w, 3), np.uint8)
        above[:] = c
        part[:] = cv2.blendLinear(above, np.ascontiguousarray(part), weight, 1 - weight)


def _caption(s: Scene) -> float:
    """The y of a row of small print along the top or the bottom edge."""
    return s.h * (0.06 if s.dice.chance(0.5) else 0.95)

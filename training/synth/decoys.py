"""Letters that are not part of the text: smaller or fainter than it, or no more than pieces."""

from __future__ import annotations

import numpy as np

from training.alphabet import CHARS
from training.synth import colours
from training.synth.glyphs import CAP, GlyphSet
from training.synth.letter import stamp, variant
from training.synth.scene import Colour, Scene, blend

_LETTERS = CHARS[:62]
# Cut into this many pieces each way, a letter is no longer taken for one of the text.
_PIECES = 3


def draw(s: Scene, glyphs: GlyphSet, strength: float) -> None:
    """Strews letters over the canvas, before the text comes."""
    kind = s.dice.random()
    if kind < 0.15:
        _carpet(s, glyphs, strength)
    elif kind < (0.8 if s.tile else 0.25):
        _fragments(s, glyphs, strength)
    else:
        _letters(s, glyphs, strength)


def draw_over(s: Scene, glyphs: GlyphSet, strength: float) -> None:
    """Strews small pale letters over the text: they cut it as lines would."""
    dice = s.dice
    font = glyphs.choose(dice, "a0A")
    ends = (s.paper, (255, 255, 255) if colours.luma(s.paper) > 127 else (0, 0, 0))
    for _ in range(3 + int(22 * strength * dice.random())):
        c = colours.mixed(dice.pick(ends), colours.any_colour(dice), dice.u(0.0, 0.25))
        mask = glyphs.glyph(font, dice.pick(_LETTERS)).mask
        _print(s, mask, s.cap * dice.u(0.25, 0.6) / CAP, dice.u(-0.5, 0.5), dice.u(0, s.w), dice.u(0, s.h), c)


def _letters(s: Scene, glyphs: GlyphSet, strength: float) -> None:
    """Small ones, or a few as large as the text and very pale, all of one font."""
    dice = s.dice
    count = 4 + int(44 * strength * dice.random())
    font = glyphs.choose(dice, "a0A")
    gap = s.palest or colours.apart(s.paper, s.colour)
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
        mask = glyphs.glyph(font, dice.pick(_LETTERS)).mask
        k = s.cap * (dice.u(0.8, 1.1) if large else small * dice.u(0.8, 1.2)) / CAP
        if row is None:
            _print(s, mask, k, dice.u(-0.6, 0.6), dice.u(0, s.w), dice.u(0, s.h), c)
        else:
            _print(s, mask, k, 0.0, (i + 1) * 26 * k, row, c)


def _carpet(s: Scene, glyphs: GlyphSet, strength: float) -> None:
    """Pale ones of all sizes and many colours, one over the other, all over the picture."""
    dice = s.dice
    fonts = [glyphs.choose(dice, "a0A") for _ in range(4)]
    reach = min(90.0, dice.u(0.3, 0.6) * (s.palest or colours.apart(s.paper, s.colour)))
    turn = dice.u(0.0, 0.6)
    for _ in range(20 + int(90 * (0.3 + strength) * dice.random())):
        c = colours.any_colour(dice)
        c = colours.mixed(s.paper, c, min(1.0, dice.u(0.3, 1.0) * reach / max(1.0, colours.apart(c, s.paper))))
        mask = glyphs.glyph(dice.pick(fonts), dice.pick(_LETTERS)).mask
        k = s.cap * dice.u(0.25, 0.9) / CAP
        _print(s, mask, k, dice.u(-turn, turn), dice.u(0, s.w), dice.u(0, s.h), c)


def _fragments(s: Scene, glyphs: GlyphSet, strength: float) -> None:
    """Pieces of letters, drawn as those of the text are and as strong."""
    dice = s.dice
    font = glyphs.choose(dice, "a0A")
    inks = [s.colour] if s.ink is None else [tuple(map(int, s.ink[int(y), int(x)])) for x, y in _inside(s)]
    for _ in range(3 + int(22 * strength * dice.random())):
        char = dice.pick(_LETTERS)
        mask = variant(s, glyphs.glyph(font, char), char).mask
        h, w = (max(2, side // _PIECES) for side in mask.shape)
        y, x = (dice.whole(0, side - part) for side, part in zip(mask.shape, (h, w)))
        k = s.cap * dice.u(0.8, 1.1) / CAP
        piece = np.ascontiguousarray(mask[y : y + h, x : x + w])
        _print(s, piece, k, dice.u(-0.8, 0.8), dice.u(0, s.w), dice.u(0, s.h), dice.pick(inks))


def _inside(s: Scene) -> list[tuple[float, float]]:
    return [(min(max(x, 0), s.w - 1), min(max(y, 0), s.h - 1)) for x, y in s.centres] or [(0, 0)]


def _print(s: Scene, mask: np.ndarray, k: float, turn: float, x: float, y: float, c: Colour) -> None:
    roi = stamp((s.h, s.w), mask, k, k, turn, 0.0, x, y)
    if roi is None:
        return
    mask, top, left = roi
    h, w = mask.shape
    part = np.s_[top : top + h, left : left + w]
    above = np.empty((h, w, 3), np.uint8)
    above[:] = c
    s.canvas[part] = blend(np.ascontiguousarray(s.canvas[part]), above, mask)


def _caption(s: Scene) -> float:
    """The y of a row of small print along the top or the bottom edge."""
    return s.h * (0.06 if s.dice.chance(0.5) else 0.95)

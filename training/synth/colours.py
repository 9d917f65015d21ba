"""Colours of paper and ink, chosen by how far apart they are."""

from __future__ import annotations

import colorsys

from training.synth.dice import Dice
from training.synth.scene import Colour


def luma(c: Colour) -> float:
    """Brightness 0..255 of a BGR colour."""
    return 0.114 * c[0] + 0.587 * c[1] + 0.299 * c[2]


def apart(a: Colour, b: Colour) -> float:
    """How different two colours look: 0 the same, about 255 black and white."""
    grey = luma(a) - luma(b)
    cb = (a[0] - b[0]) - grey
    cr = (a[2] - b[2]) - grey
    return abs(grey) + 0.35 * (cb * cb + cr * cr) ** 0.5


def hsv(h: float, s: float, v: float) -> Colour:
    r, g, b = colorsys.hsv_to_rgb(h % 1.0, s, v)
    return int(b * 255), int(g * 255), int(r * 255)


def any_colour(dice: Dice) -> Colour:
    if dice.chance(0.2):
        v = dice.whole(0, 255)
        return v, v, v
    if dice.chance(0.4):
        return dice.whole(0, 255), dice.whole(0, 255), dice.whole(0, 255)
    return hsv(dice.random(), dice.u(0.2, 1), dice.u(0.15, 1))


def paper(dice: Dice) -> Colour:
    """A background as sites choose it: mostly white or pale, now and then deep."""
    kind = dice.random()
    if kind < 0.34:
        return 255, 255, 255
    if kind < 0.62:
        return hsv(dice.random(), dice.u(0.01, 0.16), dice.u(0.86, 1.0))
    if kind < 0.72:
        v = dice.whole(190, 254)
        return v, v, v
    if kind < 0.9:
        return any_colour(dice)
    return dark_paper(dice)


def dark_paper(dice: Dice) -> Colour:
    if dice.chance(0.3):
        return 0, 0, 0
    return hsv(dice.random(), dice.u(0.0, 1.0), dice.u(0.05, 0.5))


def ink_on(dice: Dice, under: Colour, low: float = 75.0, high: float = 300.0) -> Colour:
    """A colour that lies between `low` and `high` apart from `under`, or the nearest found."""
    if dice.chance(0.12 if luma(under) > 150 else 0.35):
        pure = (0, 0, 0) if luma(under) > 150 else (255, 255, 255)
        if low <= apart(pure, under) <= high:
            return pure
    best, miss = (0, 0, 0), 1e9
    for _ in range(14):
        c = _ink(dice)
        d = apart(c, under)
        off = max(low - d, d - high, 0.0)
        if off == 0.0:
            return c
        if off < miss:
            best, miss = c, off
    if low >= 60 and miss > 20:
        return (0, 0, 0) if luma(under) > 127 else (255, 255, 255)
    return best


def _ink(dice: Dice) -> Colour:
    kind = dice.random()
    if kind < 0.2:
        v = dice.whole(0, 110)
        return v, v, v
    if kind < 0.6:
        return hsv(dice.random(), dice.u(0.4, 1.0), dice.u(0.2, 0.85))
    return any_colour(dice)


def same_brightness(dice: Dice, under: Colour) -> Colour:
    """Another hue as bright as `under`: the letters vanish in grey."""
    best, score = (0, 0, 0), -1e9
    target = luma(under)
    for _ in range(24):
        c = hsv(dice.random(), dice.u(0.4, 1.0), dice.u(0.3, 1.0))
        hue = ((c[0] - under[0]) ** 2 + (c[2] - under[2]) ** 2 + (c[1] - under[1]) ** 2) ** 0.5
        value = min(hue, 190) - 4.0 * max(0.0, abs(luma(c) - target) - 12)
        if value > score:
            best, score = c, value
    return best


def near(dice: Dice, c: Colour, spread: int) -> Colour:
    """A colour at most `spread` away in each channel."""
    return tuple(max(0, min(255, v + dice.whole(-spread, spread))) for v in c)


def mixed(a: Colour, b: Colour, share: float) -> Colour:
    """`share` of b in a."""
    return tuple(int(x + (y - x) * share) for x, y in zip(a, b))

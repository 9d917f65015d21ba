"""Grey textures, made once: the stuff of backgrounds that look photographed, printed or woven."""

from __future__ import annotations

import cv2
import numpy as np

from training.alphabet import CHARS
from training.synth.dice import Dice
from training.synth.glyphs import CAP, GlyphSet
from training.synth.letter import stamp

SIDE = (256, 640)


def make(glyphs: GlyphSet, seed: int = 7) -> list[np.ndarray]:
    """48 grey textures, uint8 SIDE, the same in every process that has the same fonts."""
    dice = Dice(seed)
    makers = (
        lambda d: _letters(d, glyphs),
        _lattice,
        _clouds,
        _marble,
        _streaks,
        _cells,
        _scenery,
        _weave,
        _grain,
        _ripples,
        _scribble,
        _bokeh,
    )
    out = []
    for i in range(48):
        t = makers[i % len(makers)](dice).astype(np.float32)
        low, high = np.percentile(t[::4, ::4], (1, 99))
        out.append(np.clip((t - low) * (255 / max(high - low, 1e-3)), 0, 255).astype(np.uint8))
    return out


def _soft(dice: Dice, rows: int, cols: int) -> np.ndarray:
    small = dice.flat_field(rows, cols).astype(np.float32)
    return cv2.resize(small, SIDE[::-1], interpolation=cv2.INTER_CUBIC)


def _clouds(dice: Dice) -> np.ndarray:
    first = dice.whole(2, 5)
    return sum(_soft(dice, first * 2**o, first * 2 ** (o + 1)) / dice.u(1.5, 2.2) ** o for o in range(5))


def _marble(dice: Dice) -> np.ndarray:
    x = np.arange(SIDE[1], dtype=np.float32)[None]
    return np.sin(x * dice.u(0.02, 0.15) + _clouds(dice) * dice.u(0.02, 0.06))


def _streaks(dice: Dice) -> np.ndarray:
    noise = dice.flat_field(*SIDE).astype(np.float32)
    long = cv2.blur(noise, (dice.whole(9, 41), 1))
    turn = cv2.getRotationMatrix2D((SIDE[1] / 2, SIDE[0] / 2), dice.u(0, 180), dice.u(1.5, 3))
    return cv2.warpAffine(long, turn, SIDE[::-1], borderMode=cv2.BORDER_REFLECT)


def _cells(dice: Dice) -> np.ndarray:
    seeds = np.full(SIDE, 255, np.uint8)
    for _ in range(dice.whole(60, 400)):
        seeds[dice.whole(0, SIDE[0] - 1), dice.whole(0, SIDE[1] - 1)] = 0
    return cv2.distanceTransform(seeds, cv2.DIST_L2, 5)


def _scenery(dice: Dice) -> np.ndarray:
    """Overlapping soft and sharp areas with a horizon: edges and shading as in a photograph."""
    image = _soft(dice, 2, 2) * 0.6
    for _ in range(dice.whole(20, 70)):
        x, y = dice.whole(0, SIDE[1]), dice.whole(0, SIDE[0])
        grey = dice.u(0, 255)
        if dice.chance(0.5):
            size = (dice.whole(5, 120), dice.whole(5, 70))
            cv2.ellipse(image, (x, y), size, dice.u(0, 180), 0, 360, grey, -1, cv2.LINE_AA)
        else:
            pts = [(x + dice.whole(-120, 120), y + dice.whole(-80, 80)) for _ in range(4)]
            cv2.fillPoly(image, [np.array(pts, np.int32)], grey, cv2.LINE_AA)
        if dice.chance(0.12):
            image = cv2.GaussianBlur(image, (0, 0), dice.u(1, 5))
    return image + 0.25 * _clouds(dice)


def _weave(dice: Dice) -> np.ndarray:
    x, y = np.arange(SIDE[1], dtype=np.float32)[None], np.arange(SIDE[0], dtype=np.float32)[:, None]
    a, b = dice.u(0.2, 0.9), dice.u(0.2, 0.9)
    lean = dice.u(-0.5, 0.5)
    return np.sin(x * a + y * lean) * np.sin(y * b - x * lean) + _soft(dice, 8, 20) / 400


def _grain(dice: Dice) -> np.ndarray:
    noise = dice.flat_field(*SIDE).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), dice.u(0.4, 1.6))


def _ripples(dice: Dice) -> np.ndarray:
    x, y = np.arange(SIDE[1], dtype=np.float32)[None], np.arange(SIDE[0], dtype=np.float32)[:, None]
    out = np.zeros(SIDE, np.float32)
    for _ in range(dice.whole(1, 3)):
        r = np.hypot(x - dice.u(0, SIDE[1]), y - dice.u(0, SIDE[0]))
        out += np.sin(r * dice.u(0.08, 0.5))
    return out


def _scribble(dice: Dice) -> np.ndarray:
    image = np.full(SIDE, 255, np.uint8)
    for _ in range(dice.whole(30, 160)):
        p = (dice.whole(0, SIDE[1]), dice.whole(0, SIDE[0]))
        size = (dice.whole(4, 90), dice.whole(4, 60))
        start = dice.u(0, 360)
        cv2.ellipse(
            image,
            p,
            size,
            dice.u(0, 180),
            start,
            start + dice.u(40, 330),
            dice.u(0, 200),
            dice.whole(1, 3),
            cv2.LINE_AA,
        )
    return image


def _bokeh(dice: Dice) -> np.ndarray:
    image = np.zeros(SIDE, np.float32)
    for _ in range(dice.whole(40, 200)):
        p, r = (dice.whole(0, SIDE[1]), dice.whole(0, SIDE[0])), dice.whole(3, 40)
        cv2.circle(image, p, r, dice.u(0, 255), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), dice.u(0.5, 3))


def _letters(dice: Dice, glyphs: GlyphSet) -> np.ndarray:
    """A wallpaper of small overlapping letters in many greys."""
    image = np.full(SIDE, 128, np.float32)
    size = dice.u(0.25, 0.7)
    for _ in range(dice.whole(300, 900)):
        g = glyphs.glyph(glyphs.choose(dice, "0aA"), dice.pick(CHARS[:62]))
        k = size * dice.u(0.7, 1.3) * 40 / CAP
        roi = stamp(SIDE, g.mask, k, k, dice.u(-1, 1), 0.0, dice.u(0, SIDE[1]), dice.u(0, SIDE[0]))
        if roi is None:
            continue
        mask, y, x = roi
        part = image[y : y + mask.shape[0], x : x + mask.shape[1]]
        part += (np.float32(dice.u(0, 255)) - part) * (mask * np.float32(1 / 255))
    return image


def _lattice(dice: Dice) -> np.ndarray:
    """Tiles or bricks, each in a grey of its own, with joints."""
    ch, cw = dice.whole(6, 40), dice.whole(6, 60)
    rows, cols = SIDE[0] // ch + 1, SIDE[1] // cw + 2
    image = np.kron(dice.flat_field(rows, cols), np.ones((ch, cw), np.uint8))[:, : SIDE[1] + cw].astype(np.float32)
    if dice.chance(0.5):
        for r in range(0, rows, 2):
            image[r * ch : (r + 1) * ch] = np.roll(image[r * ch : (r + 1) * ch], cw // 2, 1)
    if dice.chance(0.6):
        image[::ch] = image[:, ::cw] = dice.pick((0, 255))
    return image[: SIDE[0], : SIDE[1]]

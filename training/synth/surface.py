"""Letters that rise from a sheet seen aslant, or sink into it: what is behind them is hidden, their sides hang down."""

from __future__ import annotations

import math

import cv2
import numpy as np

from training.synth import colours
from training.synth.scene import Scene

_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))

# Rows of a capital under which a letter on a sheet cannot be read any more.
_LEAST = 22


def draw(s: Scene) -> None:
    """Lays the sheet with the text over the canvas and clears the text's mask."""
    dice = s.dice
    coarse = min(dice.pick((1.0, 1.0, 1.5, 2.0)), s.cap / _LEAST)
    h, w = (max(8, round(side / max(1.0, coarse))) for side in (s.h, s.w))
    # Sides like the sheet itself, with threads that hang down from the letters' rims, may be long.
    hanging = dice.chance(0.4)
    text = cv2.resize(_thinned(s.alpha) if hanging and dice.chance(0.6) else s.alpha, (w, h), interpolation=cv2.INTER_AREA)
    cap = s.cap * h / s.h
    most = 0.35 + 0.4 * s.strength("surface") if hanging else 0.15 + 0.3 * s.strength("surface")
    rise = cap * dice.u(0.08, most) * (1 if hanging or dice.chance(0.8) else -1)
    soft = max(1, round(cap * dice.u(0.0, 0.06)))
    hills = _hills(s, h, w, cap)
    flat = dice.u(0.65, 1.0)
    heights = hills + cv2.blur(text, (soft, soft)).astype(np.float32) * np.float32(rise / 255)
    rows = np.arange(h, dtype=np.float32)[:, None] * np.float32(flat) - heights
    # The letters are as high as the picture allows.
    room = h * dice.u(0.86, 1.0)
    rows -= rows.min()
    rows = np.minimum(rows * np.float32((room - 1) / rows.max()) + np.float32((h - room) * dice.random()), h - 1)
    seen, there, side = _look_at(rows.round().astype(np.int32), h, w)
    bare, inked = (np.take_along_axis(a, seen[:, :, None], 0) for a in _painted(s, text, hills, heights, cap))
    colour = inked
    if hanging:
        plain = side.copy()
        plain[:, :: dice.whole(1, 4)] = False
        colour = np.where(plain[:, :, None], bare, inked)
    elif dice.chance(0.5):
        shade = np.where(side, np.float32(dice.u(0.55, 1.0)), np.float32(1))
        if dice.chance(0.3):
            shade[:, :: dice.pick((2, 2, 3))] = 1
        colour *= shade[:, :, None]
    sheet = np.clip(colour, 0, 255).astype(np.uint8)
    cover = there.astype(np.uint8) * 255
    margin = int(w * dice.u(0.0, 0.06))
    cover[:, :margin] = cover[:, w - margin :] = 0
    lean = dice.u(-0.25, 0.25) if dice.chance(0.6) else 0.0
    move = np.array([[1, lean, -lean * h / 2], [0, 1, 0]], np.float32)
    near = cv2.INTER_NEAREST if not s.smooth or coarse > 1 else cv2.INTER_LINEAR
    sheet, cover = (
        cv2.resize(cv2.warpAffine(a, move, (w, h), flags=cv2.INTER_NEAREST), (s.w, s.h), interpolation=near)
        for a in (sheet, cover)
    )
    cv2.copyTo(sheet, cv2.threshold(cover, 127, 255, cv2.THRESH_BINARY)[1], s.canvas)
    s.alpha = np.zeros_like(s.alpha)
    s.ink = None


def _thinned(alpha: np.ndarray) -> np.ndarray:
    """The mask eroded as far as a third of it is left."""
    thin = alpha
    for _ in range(6):
        less = cv2.erode(thin, _CROSS)
        if cv2.sumElems(less)[0] < 0.33 * cv2.sumElems(alpha)[0]:
            break
        thin = less
    return thin


def _hills(s: Scene, h: int, w: int, cap: float) -> np.ndarray:
    """Heights of the bare sheet in pixels, float32 (h, w): a few slow waves."""
    dice = s.dice
    x = np.arange(w, dtype=np.float32)[None]
    y = np.arange(h, dtype=np.float32)[:, None]
    hills = np.zeros((h, w), np.float32)
    for _ in range(dice.whole(0, 3)):
        turn = dice.u(-0.9, 0.9)
        period = cap * dice.u(2.0, 9.0)
        along = (x * np.float32(math.cos(turn)) + y * np.float32(math.sin(turn))) * np.float32(6.2832 / period)
        high = min(0.35 * cap, 0.05 * period) * dice.u(0.2, 0.5 + 0.5 * s.strength("surface"))
        hills += np.float32(high) * np.sin(along + np.float32(dice.u(0, 6.3)))
    return hills


def _look_at(rows: np.ndarray, h: int, w: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What shows at each pixel, (h, w) each: the row of the sheet, whether it is the sheet, whether it is a side.

    `rows`: where on the picture each point of the sheet lies. Nearer points hide those behind them.
    """
    columns = np.arange(w)
    seen = np.full((h, w), -1, np.int32)
    for y in range(h):
        seen[rows[y], columns] = y
    seen = np.maximum.accumulate(seen, axis=0)
    down = np.arange(h, dtype=np.int32)[:, None]
    there = (seen >= 0) & (down <= rows.max(axis=0)[None])
    seen = np.maximum(seen, 0)
    side = down > np.take_along_axis(rows, seen, 0) + 1
    return seen, there, side


def _painted(
    s: Scene, text: np.ndarray, hills: np.ndarray, heights: np.ndarray, cap: float
) -> tuple[np.ndarray, np.ndarray]:
    """Colours as seen from above, float32 (h, w, 3): of the bare sheet, lit and meshed, and with its letters or rims."""
    dice = s.dice
    h, w = text.shape
    base = colours.hsv(dice.random(), dice.u(0.0, 0.7), dice.u(0.35, 0.95))
    ink = colours.mixed(base, colours.ink_on(dice, base, 50), dice.u(0.5, 1.0))
    out = np.empty((h, w, 3), np.float32)
    out[:] = base
    lit = hills if dice.chance(0.5) else heights
    across, down = cv2.Sobel(lit, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(lit, cv2.CV_32F, 0, 1, ksize=3)
    slope = across + np.float32(dice.u(-1, 1)) * down
    light = np.float32(1) + np.float32(dice.sign() * dice.u(0.02, 0.15)) * slope
    if dice.chance(0.5):
        light += np.float32(dice.sign() * dice.u(0.1, 0.35)) * hills / np.float32(max(1.0, np.abs(hills).max()))
    out *= np.clip(light, 0.35, 1.5)[:, :, None]
    mesh = dice.random()
    step = max(3, round(cap * dice.u(0.1, 0.3)))
    if mesh < 0.75:
        wire = np.zeros((h, w), np.float32)
        level = dice.u(0.08, 0.35 if mesh < 0.6 else 0.8)
        wire[:: max(2, round(step * dice.u(0.5, 1.2)))] = level
        if mesh < 0.6:
            wire[:, ::step] = level
        out += (np.array(ink, np.float32) - out) * wire[:, :, None]
    kind = dice.random()
    # Only shape or light tells a letter that has no ink at all: it has to stand out by those.
    mask = text
    if kind < 0.6:
        mask = cv2.morphologyEx(text, cv2.MORPH_GRADIENT, np.ones((2, 2) if kind < 0.45 else (3, 3), np.uint8))
    share = dice.u(0.5, 1.0) if kind < 0.9 else dice.u(0.2, 0.5)
    weight = mask.astype(np.float32) * np.float32(share / 255)
    if dice.chance(0.25):
        weight[:, :: dice.pick((2, 3))] *= np.float32(dice.u(0, 0.6))
    return out, out + (np.array(ink, np.float32) - out) * weight[:, :, None]

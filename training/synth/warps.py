"""Bends of the text or of the whole picture: one field of shifts, one resampling."""

from __future__ import annotations

import math

import cv2
import numpy as np

from training.synth.scene import Scene

Field = tuple[np.ndarray, np.ndarray]


def wave(s: Scene, strength: float) -> Field:
    """Sines along one or both axes, slow and high or quick and low."""
    dice = s.dice
    x = np.arange(s.w, dtype=np.float32)[None]
    y = np.arange(s.h, dtype=np.float32)[:, None]
    dx, dy = np.zeros((s.h, 1), np.float32), np.zeros((1, s.w), np.float32)
    both = dice.random()
    for _ in range(1 if dice.chance(0.6) else 2):
        if both < 0.75:
            period = s.cap * dice.u(0.5, 4.0)
            high = min(s.cap * dice.u(0.06, 0.26), 0.12 * period) * strength
            if dice.chance(0.25):
                # Slow, and as high as the picture has room for.
                period = s.cap * dice.u(4.0, 10.0)
                high = min(0.12 * period, max(0.1 * s.cap, 0.5 * (s.h - s.cap))) * dice.u(0.3, 1.0) * strength
            dy = dy + np.float32(high) * np.sin(x * np.float32(2 * math.pi / period) + np.float32(dice.u(0, 6.3)))
        if both > 0.45:
            period = s.cap * dice.u(0.4, 3.0)
            high = min(s.cap * dice.u(0.04, 0.2), 0.11 * period) * strength
            dx = dx + np.float32(high) * np.sin(y * np.float32(2 * math.pi / period) + np.float32(dice.u(0, 6.3)))
    return dx, dy


def elastic(s: Scene, strength: float) -> Field:
    """Smooth random shifts."""
    dice = s.dice
    cell = s.cap * dice.u(0.3, 0.9)
    rows, cols = int(s.h / cell) + 3, int(s.w / cell) + 3
    reach = np.float32(cell * 0.17 * strength / 42)
    dx, dy = (
        cv2.resize(dice.gauss_field(rows, cols).astype(np.float32) * reach, (s.w, s.h), interpolation=cv2.INTER_CUBIC)
        for _ in "xy"
    )
    return dx, dy


def perspective(s: Scene, strength: float) -> Field:
    """Each side of the picture is stretched by its own amount (a bilinear skew)."""
    dice = s.dice
    k = np.float32(0.32 * strength)
    corners = [
        np.array([[dice.u(-1, 1) * s.cap * k * f for _ in range(2)] for _ in range(2)], np.float32) for f in (0.8, 1.0)
    ]
    dx, dy = (cv2.resize(c, (s.w, s.h), interpolation=cv2.INTER_LINEAR) for c in corners)
    return dx, dy


def lens(s: Scene, strength: float) -> Field:
    """Bulges, pinches, twirls and round ripples about one or more points."""
    dice = s.dice
    x = np.arange(s.w, dtype=np.float32)[None]
    y = np.arange(s.h, dtype=np.float32)[:, None]
    total_x = total_y = np.float32(0)
    for _ in range(1 if dice.chance(0.6) else 2):
        cx, cy = dice.u(0.15, 0.85) * s.w, dice.u(0.2, 0.8) * s.h
        if s.centres and dice.chance(0.5):
            # On the text, between two letters or on one.
            cx, cy = (a + dice.u(-0.5, 0.5) * s.cap for a in dice.pick(s.centres))
        rx, ry = x - np.float32(cx), y - np.float32(cy)
        kind = dice.random()
        if kind < 0.3:
            # A fisheye: the very middle is spread without bound.
            size = s.h * dice.u(0.5, 1.3)
            r = np.sqrt(rx * rx + ry * ry) * np.float32(1 / size)
            near = np.float32(1) - np.minimum(r, 1) ** np.float32(0.35 + 0.65 * strength * dice.u(0.3, 1))
            total_x, total_y = total_x - near * rx, total_y - near * ry
        elif kind < 0.65:
            size = s.h * dice.u(0.4, 1.1)
            r2 = (rx * rx + ry * ry) * np.float32(1 / size**2)
            fall = np.exp(-2 * r2)
            if kind < 0.5:
                k = strength * dice.sign() * dice.u(0.4, 1)
                # Middle of a bulge: up to four times as large.
                k = np.float32(min(0.75, (0.8 if k > 0 else 0.5) * k))
                total_x, total_y = total_x - k * rx * fall, total_y - k * ry * fall
            else:
                k = np.float32(0.6 * strength * dice.sign() * dice.u(0.4, 1))
                total_x, total_y = total_x + k * ry * fall, total_y - k * rx * fall
        else:
            r = np.sqrt(rx * rx + ry * ry) + np.float32(1)
            period = s.cap * dice.u(0.35, 1.2)
            k = np.float32(min(0.1 * s.cap, 0.11 * period) * strength * dice.u(0.5, 1.2))
            ring = k * np.sin(r * np.float32(2 * math.pi / period)) / r
            total_x, total_y = total_x + ring * rx, total_y + ring * ry
    return total_x, total_y


def columns(s: Scene, strength: float) -> Field:
    """Every column, or row, is shifted by a random walk of its own: trembling edges."""
    dice = s.dice
    if dice.chance(0.7):
        walk = np.cumsum(dice.gauss_field(s.w).astype(np.float32))
        walk -= cv2.blur(walk[None], (2 * int(s.cap) + 1, 1))[0]
        return np.zeros((1, 1), np.float32), walk[None] * np.float32(0.02 * s.cap * strength / 42)
    walk = dice.gauss_field(s.h).astype(np.float32)
    return walk[:, None] * np.float32(0.03 * s.cap * strength / 42), np.zeros((1, 1), np.float32)


def turned(s: Scene, strength: float) -> Field:
    """The text as a whole turned about its middle, and so small that its ends stay inside."""
    dice = s.dice
    at = np.array(s.centres or [(s.w / 2, s.h / 2)], np.float32)
    low, high = at.min(axis=0), at.max(axis=0)
    turn, reach = dice.sign() * dice.u(0.06, 0.1 + 0.3 * strength), float(high[0] - low[0]) / 2

    def shrunk() -> float:
        tall = reach * abs(math.sin(turn)) + float(high[1] - low[1]) / 2 + 0.55 * s.cap
        return max(1.0, tall / (0.5 * s.h))

    while s.cap / shrunk() < min(13.0, s.cap):
        turn *= 0.7
        if abs(turn) < 0.03:
            break
    k = shrunk()
    co, si = np.float32(k * math.cos(turn)), np.float32(k * math.sin(turn))
    x, y = np.arange(s.w, dtype=np.float32)[None], np.arange(s.h, dtype=np.float32)[:, None]
    middle = (low + high) / 2
    # A text that has the room stays where it was.
    cx, cy = np.array((s.w / 2, s.h / 2), np.float32) if k > 1 else middle
    return co * (x - cx) + si * (y - cy) + middle[0] - x, co * (y - cy) - si * (x - cx) + middle[1] - y


_KINDS = {"wave": (wave,), "warp": (elastic, perspective, columns, turned), "lens": (lens,)}


def fields(s: Scene) -> Field | None:
    """The sum of all bends that the picture's ingredients ask for."""
    dx = dy = None
    for name, makers in _KINDS.items():
        strength = s.strength(name)
        if not strength:
            continue
        maker = makers[0] if len(makers) == 1 else s.dice.weighted(makers, (0.4, 0.25, 0.15, 0.2))
        ax, ay = maker(s, 0.35 + 0.75 * strength)
        dx, dy = (ax, ay) if dx is None else (dx + ax, dy + ay)
    return None if dx is None else (dx, dy)


def maps(s: Scene, field: Field) -> Field:
    """Coordinates for cv2.remap, float32 (h, w) each."""
    x = np.arange(s.w, dtype=np.float32)[None] + field[0]
    y = np.arange(s.h, dtype=np.float32)[:, None] + field[1]
    shape = (s.h, s.w)
    x = x if x.shape == shape else np.ascontiguousarray(np.broadcast_to(x, shape))
    y = y if y.shape == shape else np.ascontiguousarray(np.broadcast_to(y, shape))
    return x, y


def bend_text(s: Scene, field: Field) -> None:
    """Warps the text's mask and ink; a clipped text is what a careless generator gives, too."""
    x, y = maps(s, field)
    how = cv2.INTER_LINEAR if s.smooth or s.dice.chance(0.3) else cv2.INTER_NEAREST
    s.alpha = cv2.remap(s.alpha, x, y, how)
    if s.ink is not None:
        s.ink = cv2.remap(s.ink, x, y, how, borderMode=cv2.BORDER_REPLICATE)


def bend_picture(s: Scene, field: Field) -> None:
    """Warps the finished picture; what comes in from outside is its paper, or its edge again."""
    x, y = maps(s, field)
    how = cv2.INTER_LINEAR if s.smooth or s.dice.chance(0.6) else cv2.INTER_NEAREST
    if s.dice.chance(0.6):
        s.canvas = cv2.remap(s.canvas, x, y, how, borderMode=cv2.BORDER_REPLICATE)
    else:
        s.canvas = cv2.remap(s.canvas, x, y, how, borderMode=cv2.BORDER_CONSTANT, borderValue=s.paper)

"""Letters in pieces that have moved, and letters that have run."""

from __future__ import annotations

import cv2
import numpy as np

from training.synth.scene import Scene


def slices(s: Scene) -> None:
    """The text is cut into bands or columns that are pushed aside."""
    dice, strength = s.dice, s.strength("slices")
    if dice.chance(0.35):
        _broken(s, strength)
        return
    across = dice.chance(0.5)
    mask, ink = (s.alpha, s.ink) if across else (s.alpha.T, None if s.ink is None else s.ink.transpose(1, 0, 2))
    size = mask.shape[0]
    push = s.cap * (0.04 + 0.14 * strength)
    cut, moved = 0, np.zeros_like(mask)
    colour = None if ink is None else ink.copy()
    pattern = dice.chance(0.5)
    step = max(2, int(s.cap * dice.u(0.12, 0.5)))
    sign = 1
    while cut < size:
        end = min(size, cut + (step if pattern else dice.whole(2, 2 + 2 * step)))
        sign = -sign
        d = round(push * (sign if pattern else dice.u(-1, 1)))
        moved[cut:end] = np.roll(mask[cut:end], d, axis=1)
        if colour is not None:
            colour[cut:end] = np.roll(ink[cut:end], d, axis=1)
        cut = end
    s.alpha = np.ascontiguousarray(moved if across else moved.T)
    if colour is not None:
        s.ink = np.ascontiguousarray(colour if across else colour.transpose(1, 0, 2))


def _broken(s: Scene, strength: float) -> None:
    """Cut along slanting lines, often both ways, into pieces that have moved along the cuts and apart."""
    dice = s.dice
    grid_x, grid_y = np.arange(s.w, dtype=np.float32)[None], np.arange(s.h, dtype=np.float32)[:, None]
    x, y = grid_x + 0 * grid_y, grid_y + 0 * grid_x
    gap = np.zeros((s.h, s.w), bool)
    turn = dice.u(0, 3.14)
    for _ in range(dice.whole(1, 2)):
        co, si = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        pitch = s.cap * dice.u(0.4, 1.4)
        at = (grid_x * co + grid_y * si) / np.float32(pitch) + np.float32(dice.random() + 64)
        piece = np.floor(at).astype(np.int32) & 255
        push = np.array([dice.u(-1, 1) for _ in range(256)], np.float32) * np.float32(s.cap * (0.04 + 0.13 * strength))
        x, y = x - si * push[piece], y + co * push[piece]
        if dice.chance(0.5):
            gap |= (at % 1) * pitch < max(1.0, s.cap * dice.u(0.02, 0.07))
        turn += dice.u(0.9, 2.2)
    s.alpha = cv2.remap(s.alpha, x, y, cv2.INTER_LINEAR)
    s.alpha[gap] = 0
    if s.ink is not None:
        s.ink = cv2.remap(s.ink, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def run_out(s: Scene) -> None:
    """Strokes run out to one side, as wet paint or as in wind, each row or column as far as chance has it."""
    dice, steps = s.dice, 6
    down = dice.chance(0.5)
    share = dice.flat_field(s.w if down else s.h).astype(np.float32) / 255
    far = share**2 * np.float32(dice.sign() * s.cap * dice.u(0.2, 0.6))
    x, y = np.arange(s.w, dtype=np.float32)[None], np.arange(s.h, dtype=np.float32)[:, None]
    whole = np.zeros((s.h, s.w), np.float32)
    drawn = s.alpha
    for k in range(1, steps + 1):
        from_x, from_y = (x + whole, y - far[None] * k / steps) if down else (x - far[:, None] * k / steps, y + whole)
        copy = cv2.remap(s.alpha, from_x, from_y, cv2.INTER_LINEAR)
        drawn = cv2.max(drawn, (copy * np.float32(1 - k / (steps + 1))).astype(np.uint8))
    s.alpha = drawn

"""Small bitmaps set edge to edge: confetti, checks, bars, hatches, ornaments."""

from __future__ import annotations

import numpy as np

from training.synth.dice import Dice


def bitmap(dice: Dice) -> np.ndarray:
    """uint8 of 2 to 16 pixels a side, 0 and 255, neither of them alone."""
    h, w = dice.whole(2, 8), dice.whole(2, 8)
    y, x = np.arange(h)[:, None], np.arange(w)[None]
    kind = dice.random()
    if kind < 0.4:
        bits = dice.flat_field(h, w) < dice.u(50, 150)
        if dice.chance(0.5):
            bits = np.hstack([bits, bits[:, ::-1]])
        if dice.chance(0.3):
            bits = np.vstack([bits, bits[::-1]])
    elif kind < 0.6:
        n = dice.whole(2, 8)
        y, x = np.arange(n)[:, None], np.arange(n)[None]
        bits = (x + dice.sign() * y) % n < max(1, n // dice.whole(2, 3))
        if dice.chance(0.3):
            bits = bits | bits[::-1]
    elif kind < 0.75:
        bits = (x < max(1, w // 2)) ^ (y < max(1, h // 2))
    elif dice.chance(0.5):
        bits = np.repeat(x < max(1, w // dice.whole(2, 4)), h, axis=0)
    else:
        bits = np.repeat(y < max(1, h // dice.whole(2, 4)), w, axis=1)
    if bits.all() or not bits.any():
        return np.array([[0, 255], [255, 0]], np.uint8)
    return bits.astype(np.uint8) * 255


def tiled(tile: np.ndarray, h: int, w: int, zoom: int) -> np.ndarray:
    """The tile, `zoom` times as large, set edge to edge over (h, w)."""
    large = np.kron(tile, np.ones((zoom, zoom), np.uint8))
    rows, cols = -(-h // large.shape[0]), -(-w // large.shape[1])
    return np.ascontiguousarray(np.tile(large, (rows, cols))[:h, :w])

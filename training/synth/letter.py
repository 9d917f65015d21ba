"""How one letter is drawn: signs of other lengths, tiles, a look of its own, and its place in the picture."""

from __future__ import annotations

import math

import cv2
import numpy as np

from training.alphabet import DIGITS
from training.synth.glyphs import Glyph
from training.synth.scene import Scene
from training.synth.segments import digit

_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
# Of tiles that are no areas: the ends of their strokes, in parts of a side.
_PLUS, _TIMES = (((0.5, 0), (0.5, 1)), ((0, 0.5), (1, 0.5))), (((0, 0), (1, 1)), ((1, 0), (0, 1)))
_STROKES = {2: _PLUS, 3: _TIMES, 4: (*_PLUS, *_TIMES), 5: _TIMES[1:]}


def variant(s: Scene, glyph: Glyph, char: str) -> Glyph:
    """The glyph as drawn in this picture: tiled letters, and signs of other lengths and heights."""
    dice, mask = s.dice, glyph.mask
    if char in "-*+" and dice.chance(0.4):
        wide = dice.u(1.2, 1.9) if char == "-" else dice.u(0.8, 1.3)
        mask = cv2.resize(mask, (max(2, int(mask.shape[1] * wide)), mask.shape[0]))
        return Glyph(mask, glyph.left, glyph.top + (dice.u(0, 14) if char == "*" else 0.0), glyph.advance * wide)
    if s.display and char in DIGITS:
        return digit(s.display, char)
    if s.strength("brush"):
        mask = _brushed(s, mask)
        grown = (mask.shape[0] - glyph.mask.shape[0]) / 2
        return Glyph(mask, glyph.left - grown, glyph.top - grown, glyph.advance)
    if s.tile and min(mask.shape) > 8:
        tile = choose_tile(s) if s.strength("uneven") else s.tile
        return Glyph(_tiled(mask, *tile), glyph.left, glyph.top, glyph.advance)
    return glyph


def choose_brush(s: Scene) -> tuple[int, bool]:
    """Radius in glyph pixels, and whether each stroke is drawn twice."""
    return s.dice.whole(2, 3 + round(4 * s.strength("brush"))), s.dice.chance(0.35)


def _brushed(s: Scene, mask: np.ndarray) -> np.ndarray:
    """The letter's middle lines drawn with a round brush, now and then twice. The mask grows alike on all sides."""
    dice = s.dice
    radius, twice = s.brush or choose_brush(s)
    room = radius + 2
    inside = cv2.copyMakeBorder(mask, room, room, room, room, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform((inside > 100).astype(np.uint8), cv2.DIST_L2, 3)
    radius = max(1, min(radius, int(depth.max() + _widest_counter(inside) - 1.5)))
    # Half a pixel from the deepest nearby: along a stroke nothing breaks that the brush would not close.
    middle = ((depth >= cv2.dilate(depth, np.ones((3, 3))) - 0.5) & (depth > 0.4)).astype(np.uint8) * 255
    # Twice with a thinner brush: slivers of paper stay between.
    broad = 2 * (max(1, radius // 2) if twice else radius) - 1
    drawn = cv2.dilate(middle, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (broad, broad)))
    if not twice:
        return drawn
    shift = np.array([[1, 0, dice.u(-radius, radius)], [0, 1, dice.u(-radius, radius)]], np.float32)
    return cv2.max(drawn, cv2.warpAffine(drawn, shift, drawn.shape[::-1]))


def _widest_counter(mask: np.ndarray) -> float:
    """Half the width of the widest place that a letter encloses; more than any where it encloses none."""
    count, parts = cv2.connectedComponents((mask <= 100).astype(np.uint8), connectivity=4)
    enclosed = (parts > 0) & (parts != parts[0, 0])
    if count < 3 or not enclosed.any():
        return float(max(mask.shape))
    return float(cv2.distanceTransform(enclosed.astype(np.uint8), cv2.DIST_L2, 3).max())


def choose_tile(s: Scene) -> tuple[int, int, int]:
    """Square (0), round (1) or of strokes, pitch in glyph pixels, line width (-1: filled)."""
    dice = s.dice
    if s.strength("dotted") or dice.chance(0.25):
        # Strokes, as where letters are made of characters.
        return dice.whole(2, 5), dice.whole(4, 7), 1
    return dice.whole(0, 1), dice.whole(3, 6), dice.pick((-1, -1, 1))


def _tiled(mask: np.ndarray, kind: int, pitch: int, line: int) -> np.ndarray:
    h, w = mask.shape
    rows, cols = -(-h // pitch), -(-w // pitch)
    coarse = cv2.resize(mask, (cols, rows), interpolation=cv2.INTER_AREA)
    inked = cv2.threshold(coarse, 25, 255, cv2.THRESH_BINARY)[1]
    coarse = cv2.threshold(coarse, 90, 255, cv2.THRESH_BINARY)[1]
    if cv2.countNonZero(coarse) < 0.6 * cv2.countNonZero(inked):
        # No tile is covered well by hairlines.
        coarse = inked
    tile = np.zeros((pitch, pitch), np.uint8)
    middle, half = (pitch // 2, pitch // 2), max(1, pitch * 2 // 5)
    if kind == 1:
        cv2.circle(tile, middle, half, 255, line, cv2.LINE_AA)
    elif kind > 1:
        for a, b in _STROKES[kind]:
            ends = [(round(px * (pitch - 2)), round(py * (pitch - 2))) for px, py in (a, b)]
            cv2.line(tile, *ends, 255, 1)
    else:
        cv2.rectangle(tile, (0, 0), (pitch - 2, pitch - 2), 255, line)
    big = np.kron(coarse, np.ones((pitch, pitch), np.uint8))
    return cv2.min(big, np.tile(tile, (rows, cols)))


def outline(mask: np.ndarray, inner: bool) -> np.ndarray:
    """The rim of a letter's mask, half of it inside if `inner`."""
    return cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, _CROSS) if inner else cv2.subtract(cv2.dilate(mask, _CROSS), mask)


def own_look(s: Scene, mask: np.ndarray, hard: bool) -> np.ndarray:
    """The mask filled, hollow, bold, striped or, unless its edges are `hard`, faint; drawn for each letter anew."""
    dice = s.dice
    kind = dice.random()
    if kind < 0.35:
        return mask
    if kind < 0.6 and s.cap > 16:
        rim = outline(mask, dice.chance(0.6))
        return cv2.max(rim, mask // 3) if dice.chance(0.2) else rim
    if kind < 0.7:
        return cv2.dilate(mask, _CROSS)
    if kind < 0.8 and s.cap > 20:
        period = dice.whole(3, 5)
        across = dice.chance(0.5)
        stripes = np.where(np.arange(mask.shape[across]) % period, 255, 0).astype(np.uint8)
        return cv2.min(mask, np.broadcast_to(stripes if across else stripes[:, None], mask.shape).copy())
    return mask if hard else (mask * np.float32(dice.u(0.3, 0.7))).astype(np.uint8)


def redrawn(s: Scene, mask: np.ndarray) -> np.ndarray:
    """The letter two or three times, each time turned and moved a little and more or less see-through."""
    dice, (h, w) = s.dice, mask.shape
    out = np.zeros_like(mask)
    reach = s.cap * (0.03 + 0.09 * s.strength("redrawn"))
    for i in range(dice.whole(2, 3)):
        turn = cv2.getRotationMatrix2D((w / 2, h / 2), dice.u(-1, 1) * (4 + 10 * s.strength("redrawn")), dice.u(0.9, 1.1))
        turn[:, 2] += dice.u(-reach, reach), dice.u(-reach, reach)
        copy = cv2.warpAffine(mask, turn, (w, h))
        if s.smooth:
            copy = (copy * np.float32(dice.u(0.75, 1.0) if i == 0 else dice.u(0.3, 0.9))).astype(np.uint8)
        out = cv2.max(out, copy)
    return out


def choose_cell(s: Scene) -> tuple[float, float, float]:
    """The cell that each letter is drawn in: below and above its line, in capitals, and what it takes off each side."""
    dice = s.dice
    if not s.strength("clipped"):
        return 1.0, 2.0, 0.0
    kind = dice.random()
    below = dice.u(0.03, 0.14) if kind < 0.6 else 1.0
    above = dice.u(0.82, 0.98) if 0.4 < kind < 0.8 else 2.0
    return below, above, dice.u(0.03, 0.14) if kind > 0.7 or dice.chance(0.3) else 0.0


def clipped(s: Scene, mask: np.ndarray, line: float, cell: tuple[float, float, float]) -> np.ndarray:
    """What of a letter lies within its cell; `line`: the row of `mask` that it stands on."""
    below, above, side = cell
    out, dice = mask.copy(), s.dice
    rows = np.flatnonzero(mask.max(axis=1) > 60)
    lowest = float(rows[-1]) if len(rows) else line
    # Half of what hangs below stays, or j would be an i, and y a v.
    out[max(0, math.ceil(max(line + below * s.cap, (line + lowest) / 2))) :] = 0
    out[: max(0, int(line - above * s.cap))] = 0
    columns = np.flatnonzero(mask.max(axis=0) > 60)
    if side and len(columns) > 6:
        off = int(side * len(columns) * dice.u(0.5, 1.0))
        out[:, : columns[0] + off * dice.whole(0, 1)] = 0
        out[:, columns[-1] + 1 - off * dice.whole(0, 1) :] = 0
    # Turned or out of line, a letter may stand elsewhere.
    return out if cv2.sumElems(out)[0] > 0.6 * cv2.sumElems(mask)[0] else mask


def stamp(size, mask, kx, ky, turn, shear, cx, cy):
    """A letter's mask scaled by kx, ky, sheared and turned (radians) with its middle at (cx, cy).

    Returns the part inside a picture of (h, w) `size` as (mask, y, x), or None if there is none.
    """
    gh, gw = mask.shape
    if max(kx, ky) < 0.55 and min(gh, gw) > 6:
        # warpAffine samples four pixels only: shrinking by more than half would drop thin strokes.
        mask = cv2.resize(mask, (max(1, gw // 2), max(1, gh // 2)), interpolation=cv2.INTER_AREA)
        kx, ky = kx * gw / mask.shape[1], ky * gh / mask.shape[0]
        gh, gw = mask.shape
    co, si = math.cos(turn), math.sin(turn)
    a, b = kx * co, ky * (shear * co - si)
    c, d = kx * si, ky * (shear * si + co)
    ex = abs(a) * gw / 2 + abs(b) * gh / 2 + 1
    ey = abs(c) * gw / 2 + abs(d) * gh / 2 + 1
    x0, x1 = max(0, int(cx - ex)), min(size[1], int(cx + ex) + 2)
    y0, y1 = max(0, int(cy - ey)), min(size[0], int(cy + ey) + 2)
    if x1 - x0 < 1 or y1 - y0 < 1:
        return None
    m = np.array(
        [[a, b, cx - x0 - a * (gw - 1) / 2 - b * (gh - 1) / 2], [c, d, cy - y0 - c * (gw - 1) / 2 - d * (gh - 1) / 2]],
        np.float32,
    )
    return cv2.warpAffine(mask, m, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR), y0, x0

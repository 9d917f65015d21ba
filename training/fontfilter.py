"""Which fonts can be read: by the mean letter of all fonts, else by the net that there is."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np

from training.alphabet import CHARS, DIGITS, LOWER, OPERATORS, UPPER
from training.fontreading import FontReader
from training.synth.glyphs import CAP

_GRID = 20
_LOOKALIKES = (
    "0OoQD",
    "1lIi|jtf7",
    "cC",
    "sS5",
    "vV",
    "wW",
    "xX×",
    "zZ2",
    "kK",
    "pP",
    "uU",
    "mM",
    "8B",
    "6Gb",
    "9gq",
    "yY",
    "nh",
    "VY",
    "-=",
    "/7",
    "iI",
    "jJ",
    "tT",
    "fF",
    "EF",
    "ce",
    "aA4",
)
# In whose places fonts of Cyrillic code pages, and some ornate ones, have letters.
_STRANGE = "×÷"
_DISTINCT_CASE = "abdeghnqrt"
# Two faces of a family at neighbouring weights come out above 0.985.
_DOUBLE = 0.985
_READ = 0.6  # share of a font's letters that the net has to read where they are far from the mean ones


def accept(fonts: list[dict], spare: dict, reader: FontReader) -> tuple[list[dict], Counter]:
    """Keeps readable, different fonts, and sets 'present' (bool (70,)) in each.

    Operators that a font lacks, or in whose place it has something else, are borrowed from `spare`. Lower-case letters are marked absent in
    fonts that draw small capitals in their place. Also returns how many fell, by reason.
    """
    dropped: Counter = Counter()
    fonts = [f for f in fonts if _complete(f, dropped)]
    cells = np.stack([_features(f) for f in fonts])
    alive = np.ones(len(fonts), bool)
    for _ in range(2):
        means = np.stack([_mean(cells[alive, i]) for i in range(len(CHARS))])
        score = [_score(c, means) for c in cells]
        # Means come from plain fonts; they still recognise a third of an ornate font's letters.
        alive = np.array([upper > 0.72 for upper, _ in score])
    alive = np.array(
        [
            upper > (0.12 if font["tag"] == "script" else 0.25) or reader.capitals(font["glyphs"]) > _READ
            for font, (upper, _) in zip(fonts, score)
        ]
    )
    dropped["unreadable"] += int((~alive).sum())
    kept: list[dict] = []
    shapes = np.stack([_stretched(f) for f in fonts])
    mean_shapes = np.stack([_mean(shapes[alive, i]) for i in range(len(CHARS))])
    mean_shapes /= np.linalg.norm(mean_shapes, axis=1, keepdims=True) + 1e-6
    signatures = np.stack([_signature(c) for c in cells])
    seen: list[int] = []
    for f in np.flatnonzero(alive):
        if _swapped(shapes[f], mean_shapes, UPPER) > 3:
            dropped["capitals like small letters"] += 1
            continue
        if seen and float((signatures[seen] @ signatures[f]).max()) > _DOUBLE:
            dropped["double"] += 1
            continue
        seen.append(int(f))
        font = fonts[f]
        if not font["tag"] and score[f][0] < 0.62:
            font["tag"] = "display"
        present = np.array([g is not None for g in font["glyphs"]])
        lower_ok = score[f][1] > (0.1 if font["tag"] == "script" else 0.35)
        lower_ok = lower_ok and _swapped(shapes[f], mean_shapes, LOWER) < 3
        lower_ok = lower_ok or reader.small(font["glyphs"]) > _READ
        present[[CHARS.index(c) for c in LOWER]] &= lower_ok and not _small_capitals(cells[f])
        nearest = _nearest(cells[f], means)
        for c in OPERATORS:
            i = CHARS.index(c)
            if not present[i] or (c in _STRANGE and CHARS[nearest[i]] not in OPERATORS + "xX"):
                font["glyphs"][i] = spare["glyphs"][i]
                present[i] = True
        font["present"] = present
        kept.append(font)
    return kept, dropped


def _complete(font: dict, dropped: Counter) -> bool:
    _blank_stand_ins(font)
    needed = [font["glyphs"][CHARS.index(c)] for c in DIGITS + UPPER]
    if any(g is None for g in needed):
        dropped["incomplete"] += 1
        return False
    if any(g is not None and max(g.mask.shape) > 4 * CAP for g in font["glyphs"]):
        dropped["huge"] += 1
        return False
    return True


def _blank_stand_ins(font: dict) -> None:
    """Removes the box or question mark that some fonts draw for every character they lack."""
    seen = Counter(g.mask.tobytes() for g in font["glyphs"] if g is not None)
    for i, g in enumerate(font["glyphs"]):
        if g is not None and seen[g.mask.tobytes()] > 3:
            font["glyphs"][i] = None


def _features(font: dict) -> np.ndarray:
    """(70, _GRID * _GRID + 2) floats: the letter stretched to a square, its height and its foot."""
    out = np.zeros((len(CHARS), _GRID * _GRID + 2), np.float32)
    for i, g in enumerate(font["glyphs"]):
        if g is None:
            continue
        h, w = g.mask.shape
        pad = abs(h - w) // 3
        px, py = (pad, 0) if h > w else (0, pad)
        square = cv2.copyMakeBorder(g.mask, py, py, px, px, cv2.BORDER_CONSTANT, value=0)
        small = cv2.resize(square, (_GRID, _GRID), interpolation=cv2.INTER_AREA).astype(np.float32)
        small = cv2.GaussianBlur(small, (0, 0), 0.8)
        small /= np.linalg.norm(small) + 1e-6
        out[i, :-2] = small.ravel()
        out[i, -2:] = 0.5 * h / CAP, 0.5 * (g.top + h) / CAP
    return out


def _mean(cells: np.ndarray) -> np.ndarray:
    used = cells[np.abs(cells).sum(1) > 0]
    return np.median(used, axis=0) if len(used) else np.zeros(cells.shape[1], np.float32)


def _score(cells: np.ndarray, means: np.ndarray) -> tuple[float, float]:
    """Shares of digits and capitals, and of lower-case letters, nearest to their own mean."""
    nearest = _nearest(cells, means)

    def share(chars: str) -> float:
        hits = [_same(c, CHARS[nearest[CHARS.index(c)]]) for c in chars]
        return float(np.mean(hits))

    return share(DIGITS + UPPER), share(LOWER)


def _nearest(cells: np.ndarray, means: np.ndarray) -> np.ndarray:
    """(70,) ints: whose mean letter each cell is most like."""
    return ((means**2).sum(1)[None] - 2 * cells @ means.T).argmin(1)


def _same(a: str, b: str) -> bool:
    return a == b or any(a in group and b in group for group in _LOOKALIKES)


def _small_capitals(cells: np.ndarray) -> bool:
    pairs = [(CHARS.index(c), CHARS.index(c.upper())) for c in _DISTINCT_CASE]
    alike = [float(cells[a, :-2] @ cells[b, :-2]) > 0.93 for a, b in pairs]
    return sum(alike) >= 3


def _swapped(shapes: np.ndarray, means: np.ndarray, case: str) -> int:
    """How many letters of one case look clearly more like the other case of themselves."""
    count = 0
    for c in _DISTINCT_CASE:
        own, other = (c.upper(), c) if case == UPPER else (c, c.upper())
        shape = shapes[CHARS.index(own)]
        count += float(shape @ means[CHARS.index(other)]) > float(shape @ means[CHARS.index(own)]) + 0.06
    return count


def _stretched(font: dict) -> np.ndarray:
    """(70, _GRID * _GRID) floats: each letter stretched to fill a square, so that wide and narrow
    fonts compare."""
    out = np.zeros((len(CHARS), _GRID * _GRID), np.float32)
    for i, g in enumerate(font["glyphs"]):
        if g is not None:
            small = cv2.resize(g.mask, (_GRID, _GRID), interpolation=cv2.INTER_AREA).astype(np.float32)
            small = cv2.GaussianBlur(small, (0, 0), 1.0).ravel()
            out[i] = small / (np.linalg.norm(small) + 1e-6)
    return out


def _signature(cells: np.ndarray) -> np.ndarray:
    flat = cells[[CHARS.index(c) for c in "023456789ABDEGHKMQRSWaegkrsy"]]
    flat = flat - flat.mean(0)
    flat = flat.ravel()
    return flat / (np.linalg.norm(flat) + 1e-6)

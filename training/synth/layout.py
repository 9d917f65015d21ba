"""Where the letters stand: fonts, sizes, turns, spacing; draws them into the scene's mask."""

from __future__ import annotations

import math

import cv2
import numpy as np

from training.alphabet import OPERATORS
from training.synth import letter
from training.synth.dice import Dice
from training.synth.glyphs import CAP, GlyphSet
from training.synth.scene import Scene
from training.synth.segments import choose_display
from training.synth.tints import tints_of


def choose_fonts(s: Scene, glyphs: GlyphSet) -> list[int]:
    """One font for each character; all the same unless the picture mixes fonts."""
    dice, n = s.dice, len(s.text)
    mixing = s.strength("mixed-fonts")
    # Who mixes fonts wants them unlike.
    tag = dice.weighted(("common", "", "display", None), (0.2, 0.25, 0.4, 0.15) if mixing else (0.28, 0.38, 0.2, 0.14))
    if s.strength("tiles"):
        # Of ornate letters no tile would be left where it belongs.
        tag = dice.weighted(("common", "", "bitmap"), (0.5, 0.3, 0.2))
    for name, wanted in (("bitmap-font", "bitmap"), ("script", "script")):
        if s.strength(name):
            tag = wanted
    first = glyphs.choose(dice, s.text, tag)
    if not mixing or dice.chance(0.15):
        return [first] * n
    pool = [first] + [glyphs.choose(dice, s.text, tag) for _ in range(dice.whole(1, 3))]
    if dice.chance(0.4):
        return [glyphs.choose(dice, c, tag) for c in s.text]
    return [dice.pick(pool) for _ in range(n)]


def place(s: Scene, glyphs: GlyphSet) -> None:
    """Fills alpha, ink, cap and centres of the scene with the drawn letters."""
    dice, n = s.dice, len(s.text)
    fonts = choose_fonts(s, glyphs)
    s.nested = s.strength("scatter") > 0 and n > 1 and s.w < 4 * s.h and dice.chance(0.4)
    if s.strength("tiles") or (s.strength("dotted") and dice.chance(0.3)):
        s.tile = letter.choose_tile(s)
    if s.strength("brush"):
        s.brush = letter.choose_brush(s)
    if s.strength("segments"):
        s.display = choose_display(dice)
    cells = [letter.variant(s, glyphs.glyph(f, c), c) for f, c in zip(fonts, s.text)]
    jitter, mixing = s.strength("jitter"), s.strength("mixed-fonts")
    sizes = [1.0] * n
    if mixing or jitter or s.strength("uneven"):
        spread = 0.32 * max(mixing, 0.7 * jitter, 1.4 * s.strength("uneven"))
        if (mixing or s.strength("uneven")) and dice.chance(0.2):
            # Some generators set letters beside others of three times their size.
            spread = dice.u(0.3, 0.65)
        sizes = [math.exp(dice.u(-spread, spread)) for _ in range(n)]
        if n > 2 and dice.chance(0.15):
            # From near to far.
            near = dice.sign() * dice.u(0.15, 0.5)
            sizes = [math.exp(near * (2 * i / (n - 1) - 1)) for i in range(n)]
    stretch = math.exp(dice.u(-0.25, 0.25)) if dice.chance(0.35) else 1.0
    # Of unlike colours, letters can be told apart even where they cover half of each other.
    unlike = s.strength("overlap") > 0 and dice.chance(0.6)
    cap, pens = _fit(s, cells, sizes, stretch, unlike)
    pens = _with_middles_inside(pens, s.w)
    s.cap = cap
    base = _baseline(s, cap)
    turns = _turns(s, n)
    if base[0] != base[-1] and dice.chance(0.6):
        turns = [t + more for t, more in zip(turns, _along(base, pens))]
    tints = tints_of(s, n, unlike)
    s.alpha = np.zeros((s.h, s.w), np.uint8)
    if len(set(tints)) > 1:
        s.ink = s.flat(tints[0])
    s.colour = tints[0]
    # Where edges are hard, what is fainter than their level would be gone.
    hard = s.strength("bitmap-font") > 0 or not s.smooth
    faint = dice.whole(0, n - 1) if s.strength("animated-frame") and not hard and dice.chance(0.6) else -1
    scale = cap / CAP
    # Where letters overlap, the paper shows again.
    crossing = s.strength("touching") > 0 and dice.chance(0.15)
    # Outlined one by one, letters that overlap stay apart.
    alone = dice.whole(1, 2) if s.strength("hollow") and cap > 18 and dice.chance(0.35) else 0
    if alone:
        s.mix["hollow"] = 0.0
    hops = _hops(s, n, cap)
    cell = letter.choose_cell(s)
    order, drawn = range(n), [False] * n
    for i in reversed(order) if unlike and dice.chance(0.4) else order:
        g, k = cells[i], scale * sizes[i]
        cx = pens[i]
        cy = base[i] + (g.top + g.mask.shape[0] / 2) * k + hops[i]
        # At an edge a letter may lose a third of its height, and else nothing.
        cut = s.strength("edge") or (s.strength("scatter") and dice.chance(0.2))
        cy = _keep_inside(cy, g.mask.shape[0] * k / (6 if cut else 2), s.h)
        wide = math.exp(dice.u(-0.3, 0.3) * jitter) if jitter else 1.0
        shear = dice.u(-0.3, 0.3) * jitter if jitter else 0.0
        roi = letter.stamp(s.alpha.shape, g.mask, k * stretch * wide, k, turns[i], shear, cx, cy)
        if roi is None:
            continue
        mask, y, x = roi
        # Of a slender one at an edge there may be next to nothing, wherever its middle is.
        drawn[i] = cv2.sumElems(mask)[0] > 0.2 * k * k * stretch * wide * cv2.sumElems(g.mask)[0]
        if not drawn[i]:
            continue
        if i == faint:
            mask = (mask * np.float32(dice.u(0.3, 0.6))).astype(np.uint8)
        h, w = mask.shape
        if alone:
            mask = letter.outline(mask, alone == 2)
        elif dice.random() < s.strength("uneven"):
            mask = letter.own_look(s, mask, hard)
        if s.strength("redrawn"):
            mask = letter.redrawn(s, mask)
        if s.strength("clipped"):
            mask = letter.clipped(s, mask, base[i] + hops[i] - y, cell)
        if s.ink is not None:
            cv2.copyTo(np.full((h, w, 3), tints[i], np.uint8), mask, s.ink[y : y + h, x : x + w])
        part = s.alpha[y : y + h, x : x + w]
        if crossing:
            cv2.absdiff(part, mask, dst=part)
        else:
            cv2.max(part, mask, dst=part)
        s.centres.append((cx, cy))
    # What nobody can see must not be asked for.
    s.text = "".join(c for c, is_there in zip(s.text, drawn) if is_there)
    if hard:
        # Hairlines are nowhere half covered: the level has to follow what is there.
        level = 110 if cv2.mean(s.alpha, cv2.threshold(s.alpha, 20, 255, cv2.THRESH_BINARY)[1])[0] > 130 else 45
        s.alpha = cv2.threshold(s.alpha, level, 255, cv2.THRESH_BINARY)[1]


def _hops(s: Scene, n: int, cap: float) -> list[float]:
    """How far each letter stands below the line, in pixels."""
    dice, jitter, scatter = s.dice, s.strength("jitter"), s.strength("scatter")
    hop = cap * (0.05 + 0.28 * jitter) if jitter or dice.chance(0.4) else 0.0
    if not scatter:
        return [dice.u(-hop, hop) if hop else 0.0 for _ in range(n)]
    # Each letter at a height of its own, up to the whole picture's.
    hop = max(hop, 0.5 * (s.h - cap) * (0.4 + 0.6 * scatter))
    hops: list[float] = []
    for _ in range(n):
        tries = [dice.u(-hop, hop) for _ in range(3 if s.nested else 1)]
        hops.append(max(tries, key=lambda y: abs(y - hops[-1])) if hops else tries[0])
    return hops


def _fit(s: Scene, cells, sizes, stretch, unlike: bool) -> tuple[float, list[float]]:
    """Height of capitals and the x of each letter's middle. `unlike`: neighbours are of colours of their own."""
    dice, n, h, w = s.dice, len(cells), s.h, s.w
    small = s.strength("small")
    widths = [g.mask.shape[1] * k * stretch / CAP for g, k in zip(cells, sizes)]
    tall = max(max(g.mask.shape[0] * k / CAP for g, k in zip(cells, sizes)), 1.0)
    margin = dice.u(0.02, 0.12) * h
    room = w - 2 * margin
    cap = h * (dice.u(0.38, 0.8) if not small else dice.u(0.8, 0.45 * (1 - small) + 0.3 * small) * 0.6)
    if s.strength("edge"):
        cap = h * dice.u(0.6, 0.95)
        room = w * (1 + 0.08 * s.strength("edge"))
        # The first or the last letter may lose up to half.
        margin = (w - room) / 2 + dice.u(-0.45, 0.45) * cap * dice.chance(0.7)
    else:
        cap = min(cap, (dice.u(0.28, 0.6) if s.strength("scatter") else 0.94) * h / tall)
    touch = s.strength("touching")
    if touch:
        track = -dice.u(0.02, 0.18) * (0.5 + touch)
    else:
        track = dice.weighted((dice.u(0.04, 0.16), dice.u(0.1, 0.5)), (0.6, 0.4))
    loose = s.strength("spacing")
    # Some letters run into each other where others stand apart.
    tracks = [_any_track(dice) if loose and dice.random() < 0.25 + loose else track for _ in widths]
    if not touch and not loose and dice.chance(0.5):
        # As one line of type: each letter with the room that its font gives it.
        rooms = [(a.advance - a.left - a.mask.shape[1] + b.left) * k / CAP for a, b, k in zip(cells, cells[1:], sizes)]
        tracks = [max(-0.3, min(room, 0.8)) * stretch + track - 0.04 for room in rooms] + [0.0]
    over = s.strength("overlap")
    if s.nested:
        # One above the other, letters may stand where they would cover each other on one line.
        tracks = [-dice.u(0.0, 0.45) * min(pair) for pair in zip(widths, widths[1:])] + [0.0]
    elif over:
        tracks = [_overlap(dice, pair, over, unlike) or t for pair, t in zip(zip(widths, widths[1:]), tracks)] + [0.0]
    wide = [width + more for width, more in zip(widths, tracks)]
    gaps = [0.0] * n
    if any(c in OPERATORS for c in s.text) and dice.chance(0.6):
        gap = dice.u(0.1, 0.5)
        gaps = [gap * ((c in OPERATORS) + (i > 0 and s.text[i - 1] in OPERATORS) > 0) for i, c in enumerate(s.text)]
    total = sum(wide) + sum(gaps)
    # Under ten pixels in the reader's picture letters cannot be told apart, nor under nine in their own.
    row = s.h / 48.0
    least = max(10.5 * row, 9.0)
    if over:
        least = min(max(least, 9.0 * row * n / max(total, 0.1)), 0.94 * h / tall)
    cap = min(max(cap, least), room / max(total, 0.1))
    spread = not touch and not loose and not over and not s.nested and dice.chance(0.45) and not small
    if spread:
        # Each letter in a cell of its own, as if the picture were cut into n columns.
        pitch = room / n
        wobble = 0.15 * s.strength("jitter")
        return cap, [margin + pitch * (i + 0.5 + dice.u(-wobble, wobble)) for i in range(n)]
    slack = max(0.0, room - cap * total)
    where = dice.weighted((0.5, dice.random(), 0.0, 1.0), (0.5, 0.3, 0.15, 0.05))
    if not small and not over and slack > 1.2 * cap and n > 1 and dice.chance(0.6):
        more = dice.u(0.4, 1.0) * slack
        parts = [dice.random() ** 2 + 0.01 if loose else 1.0 for _ in wide]
        wide = [width + more * part / sum(parts) / cap for width, part in zip(wide, parts)]
        slack -= more
    if where == 0.0 and dice.chance(0.4):
        # The first letter begins outside.
        margin = -dice.u(0.0, 0.4) * min(cap, cap * widths[0])
    pen, pens = margin + where * slack, []
    for width, gap in zip(wide, gaps):
        pen += gap * cap
        pens.append(pen + width * cap / 2)
        pen += width * cap
    return cap, pens


def _any_track(dice: Dice) -> float:
    """Room after a letter, in heights of a capital: less than none where it runs into the next."""
    return dice.weighted((dice.u(-0.2, 0.02), dice.u(0.02, 0.2), dice.u(0.2, 0.8)), (0.4, 0.35, 0.25))


def _overlap(dice: Dice, pair: tuple[float, float], strength: float, unlike: bool) -> float:
    """Room between two letters of these widths that cover part of each other; now and then they do not: 0."""
    if dice.chance(0.25):
        return 0.0
    most = 0.3 + 0.3 * strength if unlike else 0.2 + 0.2 * strength
    if unlike and min(pair) < 0.5 * max(pair):
        # A slender letter can stand all within its neighbour.
        most = 1.2
    return -dice.u(0.08, most) * min(pair)


def _baseline(s: Scene, cap: float) -> list[float]:
    """The baseline's y under each letter: level, slanting, arched or waving."""
    dice, n = s.dice, len(s.text)
    free = max(0.0, s.h - cap)
    level = s.h / 2 + cap / 2 + dice.u(-0.3, 0.3) * free * (1.0 if s.strength("small") else 0.5)
    kind = dice.random()
    if kind < 0.7 or n < 2:
        return [level] * n
    swing = min(0.35 * free, dice.u(0.4, 0.9) * cap) * dice.u(0.3, 1.0) * dice.sign()
    ts = [i / (n - 1) for i in range(n)]
    if kind < 0.82:
        return [level + swing * (2 * t - 1) for t in ts]
    if kind < 0.91:
        return [level + swing * (1 - 2 * (2 * t - 1) ** 2) for t in ts]
    turn, phase = dice.u(3, 9), dice.u(0, 6.3)
    return [level + swing * math.sin(turn * t + phase) for t in ts]


def _along(base: list[float], pens: list[float]) -> list[float]:
    """The turn (radians) that stands each letter upright on a bent baseline."""
    n = len(base)
    out = []
    for i in range(n):
        a, b = max(0, i - 1), min(n - 1, i + 1)
        run = pens[b] - pens[a]
        out.append(math.atan2(base[b] - base[a], run) if run > 1 else 0.0)
    return out


def _with_middles_inside(pens: list[float], w: int) -> list[float]:
    """The same letters, moved so that the first and the last lose at most half."""
    more = max(0.0, 1 - pens[0]) or min(0.0, w - 1 - pens[-1])
    return [min(max(x + more, 1.0), w - 1.0) for x in pens]


def _keep_inside(cy: float, half: float, h: int) -> float:
    if 2 * half >= h:
        return h / 2
    return min(max(cy, half), h - half)


def _turns(s: Scene, n: int) -> list[float]:
    dice, jitter = s.dice, s.strength("jitter")
    lean = dice.u(-0.2, 0.2) if dice.chance(0.12) else 0.0
    if not jitter:
        small = 0.12 if dice.chance(0.3) else 0.0
        return [lean + dice.u(-small, small) for _ in range(n)]
    most = math.radians(12 + 38 * jitter)
    if dice.chance(0.2):
        return [most * dice.sign() * dice.u(0.5, 1) for _ in range(n)]
    return [lean + dice.u(-most, most) for _ in range(n)]

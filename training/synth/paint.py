"""Puts the parts of a picture together, from the paper up to the wear."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from training.synth import backdrop, breaks, colours, decoys, looks, marks, outlines, relief, surface, warps, wear
from training.synth.glyphs import GlyphSet
from training.synth.scene import Scene, blend

_LOOKS: tuple[tuple[str, Callable[[Scene], None]], ...] = (
    ("weight", looks.weight),
    ("rough", looks.rough),
    ("gradient-ink", looks.gradient_ink),
    ("striped", looks.striped),
    ("dotted", looks.dotted),
    ("hollow", outlines.hollow),
    ("block", looks.block),
    ("shadow", looks.shadow),
    ("photo", looks.rim),
    ("slices", breaks.slices),
)


def choose_colours(s: Scene) -> None:
    """Sets paper and ink, by the ingredients that govern contrast."""
    dice = s.dice
    s.paper = colours.dark_paper(dice) if s.strength("dark") else colours.paper(dice)
    if s.strength("hue-only"):
        s.paper = colours.hsv(dice.random(), dice.u(0.2, 1.0), dice.u(0.4, 0.95))
        s.colour = colours.same_brightness(dice, s.paper)
    elif s.strength("low-contrast"):
        high = 70 - 35 * s.strength("low-contrast")
        s.colour = colours.ink_on(dice, s.paper, 0.6 * high, high)
    elif s.strength("dark") or dice.chance(0.75):
        s.colour = colours.ink_on(dice, s.paper, 85)
    else:
        s.colour = colours.ink_on(dice, s.paper, 50)
    if s.difficulty < 0.3 and not s.strength("low-contrast") and not s.strength("hue-only"):
        s.colour = colours.ink_on(dice, s.paper, 110)


def picture(s: Scene, glyphs: GlyphSet, textures: list[np.ndarray]) -> None:
    """Completes a scene whose letters are placed: its canvas is the picture afterwards."""
    dice = s.dice
    whole_text = s.alpha
    for name, look in _LOOKS:
        if s.strength(name):
            look(s)
    _marks_in_text(s)
    _keep_traces(s, whole_text)
    if s.strength("badge"):
        # Its ring or plate is no letter's trace.
        looks.badge(s)
    if s.strength("animated-frame"):
        dice.pick((looks.ghost, looks.ghost, looks.fade))(s)
    if dice.chance(0.08) and not s.strength("low-contrast") and colours.apart(s.paper, s.colour) > 110:
        # See-through text takes on the pattern behind it.
        s.alpha = (s.alpha * np.float32(dice.u(0.5, 0.85))).astype(np.uint8)
    if s.strength("blur") and dice.chance(0.3):
        # The letters alone are soft; marks drawn later stay sharp.
        s.alpha = cv2.GaussianBlur(s.alpha, (0, 0), s.cap * (0.02 + 0.04 * s.mix.pop("blur")))
    field = warps.fields(s)
    # A lens before ruled paper shows by the rules that it bends.
    whole = field is not None and dice.chance(0.8 if s.strength("lens") and s.strength("grid") else 0.4)
    if field is not None and not whole:
        warps.bend_text(s, field)
    backdrop.fill(s, textures)
    rest = _marks_behind(s)
    stray = s.strength("decoys")
    over = stray > 0 and not s.tile and dice.chance(0.2)
    if stray and not over:
        decoys.draw(s, glyphs, stray)
    if s.strength("inverted"):
        _invert(s)
    if s.strength("relief"):
        relief.draw(s)
    elif s.strength("surface"):
        surface.draw(s)
    else:
        before = s.canvas
        s.canvas = blend(before, s.flat(s.colour) if s.ink is None else s.ink, s.alpha)
        _rescue(s, before)
    if over:
        decoys.draw_over(s, glyphs, stray)
    for name in rest:
        _lay(s, name, _tint(s, True, _OWN_INK.get(name, 0.33)))
    if whole:
        warps.bend_picture(s, field)
        warps.bend_text(s, field)
    _finish(s)


# Marks that generators draw see-through as well.
_CLEAR = ("lines", "curves", "joints", "heavy-strokes", "ribbon", "shapes", "dots")


def _lay(s: Scene, name: str, tint: Callable[[], colours.Colour]) -> None:
    """Draws marks on the canvas, now and then so that what is under them shows."""
    if name not in _CLEAR or s.dice.chance(0.75):
        marks.MARKS[name](s, s.canvas, tint, s.strength(name))
        return
    before = s.canvas.copy()
    marks.MARKS[name](s, s.canvas, tint, s.strength(name))
    share = s.dice.u(0.2, 0.65)
    s.canvas = cv2.addWeighted(s.canvas, share, before, 1 - share, 0)


# How often marks before the text have its own colour, where that is what makes them hard to tell from it.
_OWN_INK = {"clutter": 0.75, "joints": 0.7, "grid": 0.5}


def _tint(s: Scene, front: bool, own: float = 0.33) -> Callable[[], colours.Colour]:
    """Colours for marks: the text's own, one other, or a new one each time."""
    dice = s.dice
    kind = dice.random()
    if front and kind < 0.07:
        return lambda: s.paper
    if front and kind < 0.07 + own:
        one = colours.near(dice, s.colour, 12) if s.ink is None else tuple(int(v) for v in s.ink[s.h // 2, s.w // 2])
        return lambda: one
    gap = colours.apart(s.paper, s.colour)
    if kind < 0.7:
        other = colours.any_colour(dice)
        if not front or gap < 60:
            other = colours.mixed(s.paper, other, min(1.0, dice.u(0.3, 0.9) * max(0.35, gap / 130)))
        return lambda: other
    pale = dice.u(0.35, 1.0) * (1.0 if gap > 90 else 0.5)
    return lambda: colours.mixed(s.paper, colours.any_colour(dice), pale)


def _marks_in_text(s: Scene) -> None:
    """Strokes that belong to the text's mask: cuts through letters, lines in their own ink."""
    dice = s.dice
    if s.strength("cutting-strokes"):
        make = dice.pick((marks.lines, marks.curves, marks.lines, marks.grid))
        make(s, s.alpha, lambda: 0, 0.75 * s.strength("cutting-strokes"))
    for name in ("lines", "curves", "heavy-strokes"):
        # Drawn here they bend and blur together with the letters.
        if s.strength(name) and dice.chance(0.3):
            marks.MARKS[name](s, s.alpha, lambda: 255, s.strength(name))
            s.mix[name] *= 0.5 if dice.chance(0.3) else 0.0


def _marks_behind(s: Scene) -> list[str]:
    """Draws the marks that lie behind the text; returns the names of those that go before it."""
    dice, rest = s.dice, []
    behind = {
        "grid": 0.8 if s.cap > 14 else 1.0,
        "speckle": 0.5,
        "dots": 0.4,
        "shapes": 0.5,
        "lines": 0.3,
        "curves": 0.25,
        "heavy-strokes": 0.1,
        "joints": 0.2,
        "ribbon": 0.75,
        "clutter": 0.1,
        "veil": 0.15,
    }
    for name in marks.MARKS:
        if not s.strength(name):
            continue
        if dice.chance(behind[name]):
            _lay(s, name, _tint(s, False))
        else:
            rest.append(name)
    return rest


def _box(s: Scene, x: float, y: float) -> tuple[slice, slice]:
    """Rows and columns of most of the letter whose middle is (x, y)."""
    left, top = max(0, int(x - 0.4 * s.cap)), max(0, int(y - 0.6 * s.cap))
    return np.s_[top : int(y + 0.6 * s.cap) + 1, left : int(x + 0.4 * s.cap) + 1]


def _keep_traces(s: Scene, whole_text: np.ndarray) -> None:
    """Thin or faint letters can vanish under stripes and cuts; a trace of each such letter stays."""
    for x, y in s.centres:
        part = _box(s, x, y)
        if cv2.sumElems(s.alpha[part])[0] < 0.3 * cv2.sumElems(whole_text[part])[0]:
            trace = (whole_text[part] * np.float32(0.55)).astype(np.uint8)
            s.alpha[part] = cv2.max(np.ascontiguousarray(s.alpha[part]), trace)


def _rescue(s: Scene, before: np.ndarray) -> None:
    """Draws each letter that hardly differs from what is behind it once more, in a clear colour."""
    shift = cv2.absdiff(before, s.canvas)
    seen = cv2.addWeighted(cv2.cvtColor(shift, cv2.COLOR_BGR2GRAY), 0.5, shift.max(axis=2), 0.5, 0)
    for x, y in s.centres:
        part = _box(s, x, y)
        alpha = s.alpha[part]
        inside = cv2.threshold(alpha, 100, 255, cv2.THRESH_BINARY)[1] if alpha.size else None
        if inside is None or not cv2.countNonZero(inside) or cv2.mean(seen[part], inside)[0] >= 18:
            continue
        behind = cv2.mean(before[part], inside)[:3]
        clear = (0, 0, 0) if colours.luma(behind) > 110 else (255, 255, 255)
        faint = (alpha * np.float32(s.dice.u(0.25, 0.6))).astype(np.uint8)
        above = np.full((*alpha.shape, 3), clear, np.uint8)
        s.canvas[part] = blend(np.ascontiguousarray(s.canvas[part]), above, faint)


def _invert(s: Scene) -> None:
    """Text and paper change places inside a region."""
    dice = s.dice
    region = np.zeros_like(s.alpha)
    if dice.chance(0.3):
        # Strokes that change what they cross.
        marks.MARKS[dice.pick(("heavy-strokes", "curves", "lines", "shapes"))](s, region, lambda: 255, 1.0)
        s.alpha = cv2.absdiff(s.alpha, region)
        return
    if dice.chance(0.3):
        # Bars or a checker.
        step = max(3, round(s.cap * dice.u(0.35, 1.3)))
        odd = (np.arange(s.w) + dice.whole(0, step)) // step % 2
        if dice.chance(0.5):
            odd = odd[None] ^ ((np.arange(s.h) + dice.whole(0, step)) // step % 2)[:, None]
        region[:] = odd * 255
        s.alpha = cv2.absdiff(s.alpha, region)
        return
    for _ in range(dice.whole(1, 3)):
        x, y = int(dice.random() * s.w), int(dice.u(0.1, 0.9) * s.h)
        a, b = int(dice.u(0.3, 1.6) * s.h), int(dice.u(0.2, 0.8) * s.h)
        kind = dice.random()
        if kind < 0.5:
            cv2.ellipse(region, (x, y), (a, b), dice.u(0, 180), 0, 360, 255, -1)
        elif kind < 0.75:
            cv2.rectangle(region, (x, -1), (x + a, s.h), 255, -1)
        else:
            cv2.rectangle(region, (-1, y), (s.w, s.h), 255, -1)
    s.alpha = cv2.absdiff(s.alpha, region)


def _finish(s: Scene) -> None:
    dice = s.dice
    if s.strength("frame"):
        wear.frame(s)
    for name, apply in (
        ("filtered", wear.filtered),
        ("noise", wear.noise),
        ("blur", wear.blur),
        ("threshold", wear.threshold),
        ("dither", wear.dither),
        ("jpeg", wear.jpeg),
    ):
        if s.strength(name):
            apply(s, s.strength(name))
    if dice.chance(0.03) and not s.strength("photo"):
        s.canvas = wear.fringe(s)
    kind = dice.random()
    if kind < 0.03:
        s.canvas = 255 - s.canvas
    elif kind < 0.07:
        s.canvas = np.ascontiguousarray(s.canvas[:, :, ::-1])
    elif kind < 0.14:
        s.canvas = (
            cv2.cvtColor(cv2.cvtColor(s.canvas, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
            if not s.strength("hue-only") and not s.strength("low-contrast")
            else s.canvas
        )
    elif kind < 0.18:
        s.canvas = wear.exposure(dice, s.canvas)

"""Letters of which the outline is drawn: whole, filled with another colour, sketched, worn."""

from __future__ import annotations

import cv2
import numpy as np

from training.synth import colours
from training.synth.looks import disc
from training.synth.scene import Scene, blend

_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def hollow(s: Scene) -> None:
    """Only the outline is drawn, or the inside gets a colour of its own."""
    dice = s.dice
    t = max(1, round(s.cap * dice.u(0.02, 0.07)))
    if s.cap < 16:
        t = 1
    kernel = disc(t) if t > 1 else _CROSS
    grown = cv2.dilate(s.alpha, kernel)
    kind = dice.random()
    if kind < 0.1 and s.cap > 18:
        _sketch(s)
    elif kind < 0.35:
        s.alpha = cv2.subtract(grown, s.alpha)
    elif kind < 0.65:
        s.alpha = cv2.subtract(grown, cv2.erode(s.alpha, _CROSS))
    elif kind < 0.85:
        fill = s.paper if dice.chance(0.4) else colours.ink_on(dice, s.colour, 40)
        s.ink = blend(s.full_ink(), s.flat(fill), cv2.erode(s.alpha, _CROSS))
        s.alpha = grown
    else:
        ring = cv2.subtract(cv2.dilate(grown, kernel), grown)
        s.alpha = cv2.max(ring, cv2.erode(s.alpha, kernel))
    if s.cap > 18 and dice.chance(0.12):
        _wear_off(s)


def _wear_off(s: Scene) -> None:
    """Pieces of the drawn lines are gone."""
    cell = max(2, round(s.cap * s.dice.u(0.08, 0.2)))
    coarse = s.dice.flat_field(s.h // cell + 1, s.w // cell + 1)
    kept = cv2.threshold(coarse, s.dice.u(30, 70), 255, cv2.THRESH_BINARY)[1]
    s.alpha = cv2.min(s.alpha, np.kron(kept, np.ones((cell, cell), np.uint8))[: s.h, : s.w])


def _sketch(s: Scene) -> None:
    """Outlines drawn two or three times with an unsteady hand."""
    dice = s.dice
    edge = cv2.morphologyEx(s.alpha, cv2.MORPH_GRADIENT, _CROSS)
    x, y = np.arange(s.w, dtype=np.float32), np.arange(s.h, dtype=np.float32)[:, None]
    cell = s.cap * 0.5
    drawn = np.zeros_like(edge)
    for _ in range(dice.whole(2, 3)):
        shape = (int(s.h / cell) + 2, int(s.w / cell) + 2)
        dx, dy = (
            cv2.resize(dice.gauss_field(*shape).astype(np.float32), (s.w, s.h), interpolation=cv2.INTER_CUBIC)
            * np.float32(0.05 * s.cap / 42)
            for _ in "xy"
        )
        drawn = cv2.max(drawn, cv2.remap(edge, dx + x, dy + y, cv2.INTER_LINEAR))
    s.alpha = drawn

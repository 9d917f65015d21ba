"""What lies behind the text: flat paper, gradients, patches and textures like photographs."""

from __future__ import annotations

import cv2
import numpy as np

from training.synth import colours
from training.synth.scene import Scene
from training.synth.textures import SIDE
from training.synth.tilings import bitmap, tiled

# Of what has one of these, the dark side of a gradient would swallow letters.
_FLAT = ("threshold", "hue-only")


def fill(s: Scene, textures: list[np.ndarray]) -> None:
    """Sets the scene's canvas from its paper colour and its ingredients."""
    dice = s.dice
    s.canvas = s.flat(s.paper)
    reach = _reach(s)
    if s.strength("photo"):
        _texture(s, textures, 255.0)
    elif s.strength("texture"):
        _texture(s, textures, reach)
    elif s.strength("pattern"):
        _pattern(s, reach)
    elif s.strength("gradient") or (dice.chance(0.06 * s.difficulty) and s.mix.keys().isdisjoint(_FLAT)):
        _gradient(s, reach)
    if s.strength("patches"):
        _patches(s, reach)
    if s.strength("cells"):
        _own_papers(s)


def _reach(s: Scene) -> float:
    """How far from the paper a background may go before it drowns the ink."""
    if s.palest:
        # As far as the palest letter itself: by its shape or its hue it is still seen.
        return s.dice.u(0.2, 1.0) * s.palest
    return 0.55 * colours.apart(s.paper, s.colour)


def _other(s: Scene, reach: float) -> colours.Colour:
    """A colour that differs from the paper by at most `reach`, and not towards the ink."""
    dice = s.dice
    c = colours.any_colour(dice)
    d = colours.apart(c, s.paper)
    away = colours.apart(c, s.colour)
    if d > reach and (s.palest or away < 1.2 * reach):
        c = colours.mixed(s.paper, c, reach / max(d, 1))
    return c


def _shade(s: Scene, reach: float) -> colours.Colour:
    """The paper lit or shaded, by at most `reach`."""
    end = (0, 0, 0) if s.dice.chance(0.7 if colours.luma(s.paper) > 127 else 0.3) else (255, 255, 255)
    far = max(1.0, colours.apart(end, s.paper))
    return colours.mixed(s.paper, end, s.dice.random() * min(1.0, reach / far))


def _gradient(s: Scene, reach: float) -> None:
    dice = s.dice
    # Now and then it takes no notice of the letters, which then stand out in some places only.
    free = s.strength("gradient") > 0 and dice.chance(0.3)
    stops = [s.paper] + [
        colours.any_colour(dice) if free else _other(s, 1.1 * reach) for _ in range(1 if dice.chance(0.7) else 2)
    ]
    if dice.chance(0.5):
        stops.reverse()
    if dice.chance(0.25):
        corners = np.array([[dice.pick(stops) for _ in range(3)] for _ in range(2)], np.uint8)
        s.canvas = cv2.resize(corners, (s.w, s.h), interpolation=cv2.INTER_LINEAR)
        return
    strip = np.array([stops], np.uint8)
    if dice.chance(0.3):
        s.canvas = cv2.resize(strip, (256, 1), interpolation=cv2.INTER_LINEAR)[0][_round(s)]
        return
    if dice.chance(0.7):
        s.canvas[:] = cv2.resize(strip, (s.w, 1), interpolation=cv2.INTER_LINEAR)
    else:
        s.canvas[:] = cv2.resize(strip, (s.h, 1), interpolation=cv2.INTER_LINEAR).transpose(1, 0, 2)


def _round(s: Scene) -> np.ndarray:
    """uint8 (h, w): how far round or from a point, or along a slanting line; now and then again and again."""
    dice = s.dice
    x = np.arange(s.w, dtype=np.float32)[None] - np.float32(dice.u(-0.1, 1.1) * s.w)
    y = np.arange(s.h, dtype=np.float32)[:, None] - np.float32(dice.u(-0.3, 1.3) * s.h)
    kind = dice.random()
    if kind < 0.45:
        far = np.sqrt(x * x + y * y) * np.float32(1 / (s.w * dice.u(0.3, 0.8)))
    elif kind < 0.75:
        turn = dice.u(0, 6.3)
        far = np.float32(0.5) + (x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))) * np.float32(1 / s.w)
    else:
        far = np.arctan2(y, x) * np.float32(1 / 6.2832) + np.float32(0.5)
        far = np.abs((far * np.float32(dice.whole(1, 14))) % 1 * 2 - 1)
    return (np.clip(far, 0, 1) * 255).astype(np.uint8)


def _texture(s: Scene, textures: list[np.ndarray], reach: float) -> None:
    dice = s.dice
    source = dice.pick(textures)
    zoom = dice.u(0.4, 1.0)
    ch = min(SIDE[0], max(8, int(SIDE[0] * zoom)))
    cw = min(SIDE[1], max(8, int(ch * s.w / s.h)))
    if dice.chance(0.4):
        ch, cw = min(s.h, SIDE[0]), min(s.w, SIDE[1])
    y, x = int(dice.random() * (SIDE[0] - ch + 1)), int(dice.random() * (SIDE[1] - cw + 1))
    part = cv2.resize(source[y : y + ch, x : x + cw], (s.w, s.h), interpolation=cv2.INTER_LINEAR)
    if dice.chance(0.5):
        part = part[:, ::-1]
    n = dice.whole(2, 4)
    reach *= 0.5 + 0.8 * s.strength("texture")
    # Photographs of paper, cloth or stone are of one hue.
    other = _shade if dice.chance(0.35) and not s.strength("photo") else _other
    stops = [s.paper] + [other(s, reach) for _ in range(n - 1)]
    if dice.chance(0.5):
        dice.shuffle(stops)
    table = cv2.resize(np.array([stops], np.uint8), (256, 1), interpolation=cv2.INTER_LINEAR)
    s.canvas = table[0][part]


def _pattern(s: Scene, reach: float) -> None:
    """A small bitmap in two colours, set edge to edge; now and then its paper runs from one colour to another."""
    dice = s.dice
    if dice.chance(0.2):
        _gradient(s, reach)
    tile = tiled(bitmap(dice), s.h, s.w, dice.whole(1, max(1, round(2.5 * s.unit))))
    other = _other(s, reach * (0.3 + 0.6 * s.strength("pattern")))
    # Far from the ink it may still be farther from the paper than the ink is, and then nothing else is seen.
    most = 0.55 * (s.palest or colours.apart(s.paper, s.colour))
    other = colours.mixed(s.paper, other, min(1.0, most / max(1.0, colours.apart(other, s.paper))))
    cv2.copyTo(s.flat(other), tile, s.canvas)


def _patches(s: Scene, reach: float) -> None:
    """Areas of other colours: blocks, bands, discs, or a tile behind each letter."""
    dice = s.dice
    if s.centres and dice.chance(0.3):
        _cells(s, reach)
        return
    for _ in range(dice.whole(1, 2 + int(6 * s.strength("patches")))):
        c = _other(s, reach)
        x, y = int(dice.u(-0.1, 1) * s.w), int(dice.u(-0.2, 1) * s.h)
        a, b = int(dice.u(0.2, 1.4) * s.h), int(dice.u(0.2, 1.0) * s.h)
        kind = dice.random()
        if kind < 0.35:
            cv2.rectangle(s.canvas, (x, y), (x + a, y + b), c, -1)
        elif kind < 0.55:
            cv2.rectangle(s.canvas, (x, -1), (x + a, s.h), c, -1)
        elif kind < 0.8:
            cv2.ellipse(s.canvas, (x, y), (a, b), dice.u(0, 180), 0, 360, c, -1, cv2.LINE_AA)
        else:
            pts = [(int(dice.u(0, 1) * s.w), int(dice.u(0, 1) * s.h)) for _ in range(3)]
            cv2.fillPoly(s.canvas, [np.array(pts, np.int32)], c, cv2.LINE_AA)


def _own_papers(s: Scene) -> None:
    """Each letter has a column of its own, with a paper of any colour and an ink that is seen on it."""
    dice, ink = s.dice, s.full_ink()
    for column in _columns(s):
        paper = colours.any_colour(dice)
        s.canvas[:, column] = paper
        ink[:, column] = colours.ink_on(dice, paper, 70)


def _columns(s: Scene) -> list[slice]:
    """Of each letter, from half the way to the one before to half the way to the next."""
    # They may have been stamped from right to left.
    at = sorted(x for x, _ in s.centres)
    borders = [0, *(max(0, int((a + b) / 2)) for a, b in zip(at, at[1:])), s.w]
    return [slice(left, right) for left, right in zip(borders, borders[1:])]


def _cells(s: Scene, reach: float) -> None:
    """Each letter stands on a column, a box or a disc of its own colour."""
    dice = s.dice
    kind = dice.random()
    size = s.cap * dice.u(0.6, 0.8)
    pool = [_other(s, reach) for _ in range(dice.whole(2, 4))]
    thick = -1 if dice.chance(0.75) else s.thick(0.5, 1.5)
    for i, (x, y) in enumerate(s.centres):
        c = pool[i % len(pool)] if dice.chance(0.8) else dice.pick(pool)
        if kind < 0.35:
            s.canvas[:, _columns(s)[i]] = c
        elif kind < 0.65:
            half = 0.75 * size
            cv2.rectangle(s.canvas, (int(x - half), int(y - size)), (int(x + half), int(y + size)), c, thick)
        else:
            cv2.circle(s.canvas, (int(x), int(y)), int(size), c, thick, cv2.LINE_AA)

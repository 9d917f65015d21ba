"""What lies behind the text: flat paper, gradients, patches and textures like photographs."""

from __future__ import annotations

import cv2
import numpy as np

from training.synth import colours
from training.synth.dice import Dice
from training.synth.scene import Scene

_SIDE = (256, 640)


def fill(s: Scene, textures: list[np.ndarray]) -> None:
    """Sets the scene's canvas from its paper colour and its ingredients."""
    dice = s.dice
    s.canvas = s.flat(s.paper)
    reach = _reach(s)
    if s.strength("texture"):
        _texture(s, textures, reach)
    elif s.strength("gradient") or dice.chance(0.06 * s.difficulty):
        _gradient(s, reach)
    if s.strength("patches"):
        _patches(s, reach)


def _reach(s: Scene) -> float:
    """How far from the paper a background may go before it drowns the ink."""
    return 0.55 * colours.apart(s.paper, s.colour)


def _other(s: Scene, reach: float) -> colours.Colour:
    """A colour that differs from the paper by at most `reach`, and not towards the ink."""
    dice = s.dice
    c = colours.any_colour(dice)
    d = colours.apart(c, s.paper)
    away = colours.apart(c, s.colour)
    if d > reach and away < 1.2 * reach:
        c = colours.mixed(s.paper, c, reach / max(d, 1))
    return c


def _gradient(s: Scene, reach: float) -> None:
    dice = s.dice
    stops = [s.paper] + [_other(s, 1.1 * reach) for _ in range(1 if dice.chance(0.7) else 2)]
    if dice.chance(0.5):
        stops.reverse()
    if dice.chance(0.25):
        corners = np.array([[dice.pick(stops) for _ in range(3)] for _ in range(2)], np.uint8)
        s.canvas = cv2.resize(corners, (s.w, s.h), interpolation=cv2.INTER_LINEAR)
        return
    strip = np.array([stops], np.uint8)
    if dice.chance(0.7):
        s.canvas[:] = cv2.resize(strip, (s.w, 1), interpolation=cv2.INTER_LINEAR)
    else:
        s.canvas[:] = cv2.resize(strip, (s.h, 1), interpolation=cv2.INTER_LINEAR).transpose(1, 0, 2)


def _texture(s: Scene, textures: list[np.ndarray], reach: float) -> None:
    dice = s.dice
    source = dice.pick(textures)
    zoom = dice.u(0.4, 1.0)
    ch = min(_SIDE[0], max(8, int(_SIDE[0] * zoom)))
    cw = min(_SIDE[1], max(8, int(ch * s.w / s.h)))
    if dice.chance(0.4):
        ch, cw = min(s.h, _SIDE[0]), min(s.w, _SIDE[1])
    y, x = int(dice.random() * (_SIDE[0] - ch + 1)), int(dice.random() * (_SIDE[1] - cw + 1))
    part = cv2.resize(source[y : y + ch, x : x + cw], (s.w, s.h), interpolation=cv2.INTER_LINEAR)
    if dice.chance(0.5):
        part = part[:, ::-1]
    n = dice.whole(2, 4)
    stops = [s.paper] + [_other(s, reach * (0.5 + 0.8 * s.strength("texture"))) for _ in range(n - 1)]
    if dice.chance(0.5):
        dice.shuffle(stops)
    table = cv2.resize(np.array([stops], np.uint8), (256, 1), interpolation=cv2.INTER_LINEAR)
    s.canvas = table[0][part]


def _patches(s: Scene, reach: float) -> None:
    """Areas of other colours: blocks, bands, discs."""
    dice = s.dice
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


def make_textures(seed: int = 7) -> list[np.ndarray]:
    """40 grey textures, uint8 (256, 640), the same in every process."""
    dice = Dice(seed)
    makers = (_clouds, _marble, _streaks, _cells, _scenery, _weave, _grain, _ripples, _scribble, _bokeh)
    out = []
    for i in range(40):
        t = makers[i % len(makers)](dice).astype(np.float32)
        low, high = np.percentile(t[::4, ::4], (1, 99))
        out.append(np.clip((t - low) * (255 / max(high - low, 1e-3)), 0, 255).astype(np.uint8))
    return out


def _soft(dice: Dice, rows: int, cols: int) -> np.ndarray:
    small = dice.flat_field(rows, cols).astype(np.float32)
    return cv2.resize(small, _SIDE[::-1], interpolation=cv2.INTER_CUBIC)


def _clouds(dice: Dice) -> np.ndarray:
    first = dice.whole(2, 5)
    return sum(_soft(dice, first * 2**o, first * 2 ** (o + 1)) / dice.u(1.5, 2.2) ** o for o in range(5))


def _marble(dice: Dice) -> np.ndarray:
    x = np.arange(_SIDE[1], dtype=np.float32)[None]
    return np.sin(x * dice.u(0.02, 0.15) + _clouds(dice) * dice.u(0.02, 0.06))


def _streaks(dice: Dice) -> np.ndarray:
    noise = dice.flat_field(*_SIDE).astype(np.float32)
    long = cv2.blur(noise, (dice.whole(9, 41), 1))
    turn = cv2.getRotationMatrix2D((_SIDE[1] / 2, _SIDE[0] / 2), dice.u(0, 180), dice.u(1.5, 3))
    return cv2.warpAffine(long, turn, _SIDE[::-1], borderMode=cv2.BORDER_REFLECT)


def _cells(dice: Dice) -> np.ndarray:
    seeds = np.full(_SIDE, 255, np.uint8)
    for _ in range(dice.whole(60, 400)):
        seeds[dice.whole(0, _SIDE[0] - 1), dice.whole(0, _SIDE[1] - 1)] = 0
    return cv2.distanceTransform(seeds, cv2.DIST_L2, 5)


def _scenery(dice: Dice) -> np.ndarray:
    """Overlapping soft and sharp areas with a horizon: edges and shading as in a photograph."""
    image = _soft(dice, 2, 2) * 0.6
    for _ in range(dice.whole(20, 70)):
        x, y = dice.whole(0, _SIDE[1]), dice.whole(0, _SIDE[0])
        grey = dice.u(0, 255)
        if dice.chance(0.5):
            size = (dice.whole(5, 120), dice.whole(5, 70))
            cv2.ellipse(image, (x, y), size, dice.u(0, 180), 0, 360, grey, -1, cv2.LINE_AA)
        else:
            pts = [(x + dice.whole(-120, 120), y + dice.whole(-80, 80)) for _ in range(4)]
            cv2.fillPoly(image, [np.array(pts, np.int32)], grey, cv2.LINE_AA)
        if dice.chance(0.12):
            image = cv2.GaussianBlur(image, (0, 0), dice.u(1, 5))
    return image + 0.25 * _clouds(dice)


def _weave(dice: Dice) -> np.ndarray:
    x, y = np.arange(_SIDE[1], dtype=np.float32)[None], np.arange(_SIDE[0], dtype=np.float32)[:, None]
    a, b = dice.u(0.2, 0.9), dice.u(0.2, 0.9)
    lean = dice.u(-0.5, 0.5)
    return np.sin(x * a + y * lean) * np.sin(y * b - x * lean) + _soft(dice, 8, 20) / 400


def _grain(dice: Dice) -> np.ndarray:
    noise = dice.flat_field(*_SIDE).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), dice.u(0.4, 1.6))


def _ripples(dice: Dice) -> np.ndarray:
    x, y = np.arange(_SIDE[1], dtype=np.float32)[None], np.arange(_SIDE[0], dtype=np.float32)[:, None]
    out = np.zeros(_SIDE, np.float32)
    for _ in range(dice.whole(1, 3)):
        r = np.hypot(x - dice.u(0, _SIDE[1]), y - dice.u(0, _SIDE[0]))
        out += np.sin(r * dice.u(0.08, 0.5))
    return out


def _scribble(dice: Dice) -> np.ndarray:
    image = np.full(_SIDE, 255, np.uint8)
    for _ in range(dice.whole(30, 160)):
        p = (dice.whole(0, _SIDE[1]), dice.whole(0, _SIDE[0]))
        size = (dice.whole(4, 90), dice.whole(4, 60))
        start = dice.u(0, 360)
        cv2.ellipse(image, p, size, dice.u(0, 180), start, start + dice.u(40, 330), dice.u(0, 200), dice.whole(1, 3), cv2.LINE_AA)
    return image


def _bokeh(dice: Dice) -> np.ndarray:
    image = np.zeros(_SIDE, np.float32)
    for _ in range(dice.whole(40, 200)):
        layer = image[: , :]
        p, r = (dice.whole(0, _SIDE[1]), dice.whole(0, _SIDE[0])), dice.whole(3, 40)
        cv2.circle(layer, p, r, dice.u(0, 255), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), dice.u(0.5, 3))

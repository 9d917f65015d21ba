"""See-through areas before the text, now and then behind it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from training.synth.scene import Colour, Scene
from training.synth.tilings import bitmap, tiled


def veils(s: Scene, image: np.ndarray, tint: Callable[[], Colour], strength: float) -> None:
    """Broad see-through areas over what is drawn: discs, boxes, wedges, bands, or something over all."""
    dice, h, w = s.dice, s.h, s.w
    if dice.chance(0.3):
        area = dice.pick((_ramp, _haze, _haze))(s)
        _lay(image, area, tint(), dice.u(0.25, 0.5 + 0.25 * strength))
        return
    for _ in range(1 + int(5 * strength * dice.random())):
        area = np.zeros((h, w), np.uint8)
        x, y = int(dice.u(-0.1, 1.0) * w), int(dice.u(-0.2, 1.0) * h)
        a, b = int(dice.u(0.2, 1.6) * h) + 1, int(dice.u(0.2, 0.9) * h) + 1
        kind = dice.random()
        if kind < 0.35:
            cv2.ellipse(area, (x, y), (a, b), dice.u(0, 180), 0, 360, 255, -1, cv2.LINE_AA)
        elif kind < 0.6:
            cv2.rectangle(area, (x, y), (x + a, y + b), 255, -1)
        elif kind < 0.8:
            pts = [(int(dice.u(-0.1, 1.1) * w), int(dice.u(-0.3, 1.3) * h)) for _ in range(dice.whole(3, 4))]
            cv2.fillPoly(area, [np.array(pts, np.int32)], 255, cv2.LINE_AA)
        elif kind < 0.9:
            broad = max(2, int(dice.u(0.1, 0.4) * h))
            cv2.line(area, (x - w, y), (x + w, int(dice.u(0, 1) * h)), 255, broad, cv2.LINE_AA)
        else:
            area = tiled(bitmap(dice), h, w, 1)
        _lay(image, area, tint(), dice.u(0.12, 0.3 + 0.3 * strength))


def _lay(image: np.ndarray, area: np.ndarray, colour: Colour, most: float) -> None:
    """The colour over the image, as densely as the area, uint8 (h, w), says; at most by `most`."""
    weight = area.astype(np.float32) * np.float32(most / 255)
    above = np.empty_like(image)
    above[:] = colour
    image[:] = cv2.blendLinear(above, image, weight, 1 - weight)


def _ramp(s: Scene) -> np.ndarray:
    """Denser from one side to the other, or again and again."""
    turn, times = s.dice.u(0, 6.3), s.dice.pick((0.5, 0.5, 1.0, 2.0, 5.0))
    x = np.arange(s.w, dtype=np.float32)[None] * np.float32(np.cos(turn))
    y = np.arange(s.h, dtype=np.float32)[:, None] * np.float32(np.sin(turn))
    far = x + y
    far *= np.float32(times * 6.2832 / max(1.0, float(far.max() - far.min())))
    return (np.float32(127.5) * (1 - np.cos(far))).astype(np.uint8)


def _haze(s: Scene) -> np.ndarray:
    """Clouds, grain or smears, as a texture that is laid over all."""
    dice = s.dice
    rows, columns = dice.whole(2, max(3, s.h // 3)), dice.whole(2, max(3, s.w // 3))
    field = dice.flat_field(rows, columns)
    return cv2.resize(field, (s.w, s.h), interpolation=dice.pick((cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_NEAREST)))

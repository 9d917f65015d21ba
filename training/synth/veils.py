"""See-through areas before the text, now and then behind it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from training.synth.scene import Colour, Scene
from training.synth.tilings import bitmap, tiled


def veils(s: Scene, image: np.ndarray, tint: Callable[[], Colour], strength: float) -> None:
    """Broad see-through areas over what is drawn: discs, boxes, wedges, bands, or a fine pattern over all."""
    dice, h, w = s.dice, s.h, s.w
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
        weight = area.astype(np.float32) * np.float32(dice.u(0.12, 0.3 + 0.3 * strength) / 255)
        above = np.empty_like(image)
        above[:] = tint()
        image[:] = cv2.blendLinear(above, image, weight, 1 - weight)

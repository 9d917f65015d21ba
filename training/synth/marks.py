"""Lines, curves, dots and other marks, drawn behind the text, on it or into its mask."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from training.synth.scene import Scene
from training.synth.veils import veils

Tint = Callable[[], tuple[int, ...]]
_SHIFT = 3


def _points(pts) -> np.ndarray:
    return np.round(np.asarray(pts, np.float32) * (1 << _SHIFT)).astype(np.int32)


def polyline(image, pts, tint, thick: int, smooth: bool) -> None:
    """Points (n, 2) in pixels joined on a uint8 image of one or three channels."""
    cv2.polylines(image, [_points(pts)], False, tint, thick, cv2.LINE_AA if smooth else cv2.LINE_8, _SHIFT)


def lines(s: Scene, image: np.ndarray, tint: Tint, strength: float) -> None:
    """Straight lines: few across the picture, or many short ones."""
    dice, h, w = s.dice, s.h, s.w
    kind = dice.random()
    if kind < 0.25:
        count, reach = int(8 + 60 * strength * dice.random() * min(2, w / h / 2)), dice.u(0.08, 0.35) * h
    else:
        count, reach = 1 + int(7 * strength * dice.random()), None
        if dice.chance(0.1):
            count = int(8 + 16 * strength)
    most = 2.4 if count < 4 else (1.5 if count < 8 or reach else 0.8)
    dashed = dice.u(0.02, 0.05) if not reach and dice.chance(0.1) else 0
    thick = s.thick(0.4, most)
    for _ in range(count):
        if reach:
            x, y, turn = dice.u(0, w), dice.u(0, h), dice.u(0, 6.3)
            ends = ((x, y), (x + reach * math.cos(turn), y + reach * math.sin(turn)))
        elif dice.chance(0.55):
            ends = ((dice.u(-0.1, 0.3) * w, dice.u(0, h)), (dice.u(0.7, 1.1) * w, dice.u(0, h)))
        else:
            ends = ((dice.u(0, w), dice.u(0, h)), (dice.u(0, w), dice.u(0, h)))
        if dice.chance(0.06):
            thick = s.thick(0.4, most)
        if dashed:
            (xa, ya), (xb, yb) = ends
            c = tint()
            for t in np.arange(0, 1, 2 * dashed):
                a, b = t, t + dashed
                polyline(
                    image,
                    ((xa + a * (xb - xa), ya + a * (yb - ya)), (xa + b * (xb - xa), ya + b * (yb - ya))),
                    c,
                    thick,
                    s.smooth,
                )
            continue
        polyline(image, ends, tint(), thick, s.smooth)


def curves(s: Scene, image: np.ndarray, tint: Tint, strength: float) -> None:
    """Bent lines: sines, cubic curves, broken and tapering ones."""
    dice, h, w = s.dice, s.h, s.w
    for _ in range(1 + int(3.2 * strength * dice.random())):
        n = 24
        t = np.linspace(0, 1, n, dtype=np.float32)
        kind = dice.random()
        if kind < 0.45:
            x = dice.u(-0.05, 0.25) * w + t * dice.u(0.6, 1.1) * w
            y = dice.u(0.25, 0.75) * h + dice.u(0.05, 0.4) * h * np.sin(t * dice.u(2, 14) + dice.u(0, 6.3))
        elif kind < 0.85:
            p = [
                (dice.u(-0.1, 0.3) * w, dice.u(0, h)),
                (dice.u(0.1, 0.6) * w, dice.u(-0.3, 1.3) * h),
                (dice.u(0.4, 0.9) * w, dice.u(-0.3, 1.3) * h),
                (dice.u(0.7, 1.1) * w, dice.u(0, h)),
            ]
            b = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3]
            x = sum(k * q[0] for k, q in zip(b, p))
            y = sum(k * q[1] for k, q in zip(b, p))
        else:
            knots = dice.whole(3, 7)
            x = np.array([(i + dice.u(-0.3, 0.3)) * w / (knots - 1) for i in range(knots)])
            y = np.array([dice.u(0.1, 0.9) * h for _ in range(knots)])
        pts = np.stack([x, y], 1)
        thick = s.thick(0.5, 2.8 if dice.chance(0.7) else 4.5)
        if dice.chance(0.1) and thick > 1:
            for i in range(len(pts) - 1):
                polyline(image, pts[i : i + 2], tint(), max(1, thick * (i + 1) // len(pts)), s.smooth)
        elif dice.chance(0.12):
            c = tint()
            for d in range(0, s.thick(3, 9), 2):
                polyline(image, pts + (0, d), c, 1, s.smooth)
        else:
            polyline(image, pts, tint(), thick, s.smooth)


def dots(s: Scene, image: np.ndarray, tint: Tint, strength: float) -> None:
    """Spots and small crosses, few and large or many and small."""
    dice = s.dice
    few = dice.chance(0.4)
    count = int((10 + 20 * strength if few else 20 + 110 * strength) * min(2.0, s.w / s.h / 2.5) * dice.u(0.5, 1))
    r = max(1.0, s.unit * (dice.u(0.8, 2.4) if few else dice.u(0.4, 1.0)))
    kind = dice.random()
    for _ in range(count):
        x, y = int(dice.random() * s.w), int(dice.random() * s.h)
        size = max(1, round(r * dice.u(0.5, 1.3)))
        if kind < 0.72:
            cv2.circle(image, (x, y), size, tint(), -1, cv2.LINE_AA if s.smooth else cv2.LINE_8)
        elif kind < 0.86:
            cv2.rectangle(image, (x, y), (x + size, y + size), tint(), -1)
        else:
            c = tint()
            cv2.line(image, (x - size, y), (x + size, y), c, 1)
            cv2.line(image, (x, y - size), (x, y + size), c, 1)


def shapes(s: Scene, image: np.ndarray, tint: Tint, strength: float) -> None:
    """Circles, ellipses, arcs, boxes and polygons, mostly outlines."""
    dice, h, w = s.dice, s.h, s.w
    for _ in range(2 + int(16 * strength * dice.random())):
        x, y = int(dice.random() * w), int(dice.random() * h)
        a, b = int(dice.u(0.05, 0.5) * h) + 1, int(dice.u(0.05, 0.4) * h) + 1
        kind, thick = dice.random(), s.thick(0.4, 1.6)
        aa = cv2.LINE_AA if s.smooth else cv2.LINE_8
        if kind < 0.35:
            cv2.circle(image, (x, y), b, tint(), thick, aa)
        elif kind < 0.6:
            cv2.ellipse(image, (x, y), (a, b), dice.u(0, 180), 0, 360, tint(), thick, aa)
        elif kind < 0.8:
            start = dice.u(0, 360)
            cv2.ellipse(image, (x, y), (2 * a, b), dice.u(0, 180), start, start + dice.u(60, 250), tint(), thick, aa)
        elif kind < 0.9:
            cv2.rectangle(image, (x, y), (x + a, y + b), tint(), thick)
        else:
            pts = [(x + dice.u(-a, a), y + dice.u(-a, a)) for _ in range(dice.whole(3, 5))]
            cv2.polylines(image, [_points(pts)], True, tint(), thick, aa, _SHIFT)


def grid(s: Scene, image: np.ndarray, tint: Tint, strength: float) -> None:
    """Ruled lines: a lattice, bars, slanting hatching, rings or a spiral."""
    dice, h, w = s.dice, s.h, s.w
    step = max(3.0, s.unit * dice.u(3.5, 16))
    thick = 1 if step < 5 else s.thick(0.4, 1.3)
    c = tint()
    kind = dice.random()
    if kind < 0.62:
        vertical, level = (True, True) if kind < 0.42 else (kind < 0.5, kind >= 0.5)
        start = dice.u(0, step)
        dash = max(2, round(step * dice.u(0.15, 0.6))) if dice.chance(0.2) else h
        ratio = dice.u(0.7, 1.3)
        # Some are ruled twice, the second time beside the first, where that leaves room for letters.
        twice = step > 8 * thick and dice.chance(0.3)
        for at, c in ((start, c), (start + thick, tint())) if twice else ((start, c),):
            for x in np.arange(at, w, step) if vertical else ():
                for top in range(0, h, 2 * dash):
                    cv2.line(image, (int(x), top), (int(x), top + dash - 1), c, thick)
            for y in np.arange(at, h, step * ratio) if level else ():
                cv2.line(image, (0, int(y)), (w, int(y)), c, thick)
    elif kind < 0.78:
        lean = dice.u(-1.5, 1.5) * h
        x = -abs(lean)
        while x < w + abs(lean):
            polyline(image, ((x, 0), (x + lean, h)), c, thick, s.smooth)
            x += step
    elif kind < 0.9:
        x, y = int(dice.u(0, w)), int(dice.u(0, h))
        for i in range(1, min(40, int(w / step) + 1)):
            cv2.circle(image, (x, y), int(i * step), c, thick, cv2.LINE_AA if s.smooth else cv2.LINE_8)
    else:
        t = np.linspace(0, min(40.0, w / step) * 2 * math.pi, 260, dtype=np.float32)
        r = t / (2 * math.pi) * step
        pts = np.stack([dice.u(0, w) + r * np.cos(t), dice.u(0, h) + r * np.sin(t)], 1)
        polyline(image, pts, c, thick, s.smooth)


def heavy(s: Scene, image: np.ndarray, tint: Tint, strength: float) -> None:
    """One or two strokes as broad as the letters' own."""
    dice, h, w = s.dice, s.h, s.w
    thick = max(1, round(s.cap * dice.u(0.05, 0.06 + 0.08 * strength)))
    for _ in range(1 if dice.chance(0.7) else 2):
        kind = dice.random()
        n = 16
        t = np.linspace(0, 1, n, dtype=np.float32)
        x = dice.u(-0.05, 0.2) * w + t * w * dice.u(0.6, 1.1)
        y = dice.u(0.25, 0.75) * h + (t - 0.5) * dice.u(-0.5, 0.5) * h
        if kind < 0.6:
            y = y + dice.u(0.05, 0.25) * h * np.sin(t * dice.u(2, 10) + dice.u(0, 6.3))
        polyline(image, np.stack([x, y], 1), tint(), thick, s.smooth)


def joints(s: Scene, image: np.ndarray, tint: Tint, strength: float) -> None:
    """Strokes from letter to letter, or one through them all."""
    dice = s.dice
    middles = [(x + dice.u(-0.3, 0.3) * s.cap, y + dice.u(-0.35, 0.35) * s.cap) for x, y in s.centres]
    if len(middles) < 2:
        return
    thick = max(1, round(s.cap * dice.u(0.04, 0.06 + 0.1 * strength)))
    if dice.chance(0.4):
        beyond = 0.5 * s.cap
        (xa, ya), (xb, yb) = middles[0], middles[-1]
        polyline(image, [(xa - beyond, ya), *middles, (xb + beyond, yb)], tint(), thick, s.smooth)
        return
    t = np.linspace(0, 1, 12, dtype=np.float32)[:, None]
    for i in range(len(middles) - 1):
        if dice.random() > 0.35 + 0.6 * strength:
            continue
        a, b = np.array(middles[i]), np.array(middles[min(len(middles) - 1, i + dice.whole(1, 2))])
        bow = (a + b) / 2 + (dice.u(-0.4, 0.4) * s.cap, dice.u(-0.9, 0.9) * s.cap)
        polyline(image, a * (1 - t) ** 2 + 2 * bow * t * (1 - t) + b * t**2, tint(), thick, s.smooth)


def ribbons(s: Scene, image: np.ndarray, tint: Tint, strength: float) -> None:
    """Broad bands along a wave or an arc: plain, hatched, tapering, running into another colour or into black."""
    dice, h, w = s.dice, s.h, s.w
    n = 40
    t = np.linspace(0, 1, n, dtype=np.float32)
    for _ in range(1 if dice.chance(0.75) else 2):
        x = dice.u(-0.1, 0.1) * w + t * w * dice.u(0.8, 1.2)
        if dice.chance(0.6):
            y = dice.u(0.3, 0.9) * h + dice.u(0.08, 0.45) * h * np.sin(t * dice.u(4, 22) + dice.u(0, 6.3))
        else:
            a, b, c = (dice.u(-0.1, 1.1) * h for _ in range(3))
            y = a * (1 - t) ** 2 + 2 * b * t * (1 - t) + c * t**2
        pts = np.stack([x, y], 1)[:: 1 if dice.chance(0.7) else -1]
        thick = s.cap * dice.u(0.08, 0.16 + 0.24 * strength)
        last = dice.u(0.0, 0.3) if dice.chance(0.4) else 1.0
        ends = np.array([tint(), tint() if dice.chance(0.5) else (0, 0, 0)], np.float32)
        if dice.chance(0.6):
            ends[1] = ends[0]
        hatched = dice.chance(0.35)
        band = image.copy() if hatched else image
        for i in range(n - 1):
            part = i / (n - 2)
            colour = tuple(int(v) for v in ends[0] + (ends[1] - ends[0]) * np.float32(part))
            polyline(band, pts[i : i + 2], colour, max(1, round(thick * (1 + (last - 1) * part))), s.smooth)
        if hatched:
            step = dice.whole(2, 4)
            kept = np.arange(h) % step < max(1, step - 1)
            image[kept] = band[kept]


def clutter(s: Scene, image: np.ndarray, tint: Tint, strength: float) -> None:
    """Long lines every way and blots of many sizes, in one colour, as strong as the letters' strokes."""
    dice, h, w = s.dice, s.h, s.w
    c = tint()
    for _ in range(int((3 + 22 * strength) * dice.u(0.4, 1.0))):
        ends = ((dice.u(0, w), dice.u(-0.2, 1.2) * h), (dice.u(0, w), dice.u(-0.2, 1.2) * h))
        polyline(image, ends, c, s.thick(0.4, 1.8), s.smooth)
    for _ in range(int((6 + 50 * strength) * dice.u(0.3, 1.0) * min(2.0, w / h / 3))):
        a, b = dice.u(0.4, 2.6) * s.unit, dice.u(0.4, 2.6) * s.unit
        at = int(dice.random() * w), int(dice.random() * h)
        cv2.ellipse(image, at, (round(a), round(b)), dice.u(0, 180), 0, 360, c, -1, cv2.LINE_AA if s.smooth else 8)


def speckle(s: Scene, image: np.ndarray, tint: Tint, strength: float) -> None:
    """Single pixels or small squares set at random all over a three-channel image."""
    dice = s.dice
    cell = 1 if dice.chance(0.6) else max(1, round(s.unit * dice.u(0.8, 1.8)))
    shape = (-(-s.h // cell), -(-s.w // cell))
    share = 255 * (0.02 + (0.22 if cell == 1 else 0.1) * strength * dice.random())
    hit = cv2.threshold(dice.flat_field(*shape), 255 - share, 255, cv2.THRESH_BINARY)[1]
    if dice.chance(0.5):
        colour = np.empty((*shape, 3), np.uint8)
        colour[:] = tint()
    else:
        colour = dice.flat_field(*shape, 3)
    if cell > 1:
        hit, colour = (cv2.resize(a, (s.w, s.h), interpolation=cv2.INTER_NEAREST) for a in (hit, colour))
    cv2.copyTo(colour, hit, image)


MARKS = {
    "lines": lines,
    "curves": curves,
    "dots": dots,
    "shapes": shapes,
    "grid": grid,
    "heavy-strokes": heavy,
    "joints": joints,
    "ribbon": ribbons,
    "speckle": speckle,
    "veil": veils,
    "clutter": clutter,
}

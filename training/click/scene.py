"""A picture with marks to be clicked, and the prompt that names some of them in their order."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.click import marks
from training.click.marks import SIZE

PICTURE = (192, 288)
PROMPT = (48, 224)


@dataclass
class Scene:
    """picture, prompt: uint8 RGB. In both lists rows are x, y and side in pixels; prompt row k is picture row k."""

    picture: np.ndarray
    boxes: np.ndarray
    prompt: np.ndarray
    wanted: np.ndarray


class Drawer:
    def __init__(self, photos: Path, fonts: list[str], symbols: list[str]) -> None:
        with photos.open("rb") as file:
            self.photos = pickle.load(file)[0]
        self.fonts = fonts
        self.symbols = symbols

    def draw(self, seed: int) -> Scene:
        rng = np.random.default_rng(seed)
        count = int(rng.integers(3, 8))
        found = self._marks(rng, count)
        picture = self._ground(rng)
        boxes = self._paint(rng, picture, [mask for mask, _ in found])
        picture = wear(rng, picture)
        seen = [i for i in range(len(boxes)) if boxes[i, 2] > 0]
        rng.shuffle(seen)
        wanted = seen[: int(rng.integers(2, 7))]
        prompt, where = self._prompt(rng, [found[i][1] for i in wanted])
        order = [*wanted, *(i for i in seen if i not in wanted)]
        return Scene(picture, boxes[order], prompt, where)

    def _marks(self, rng: np.random.Generator, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Different marks of one kind, as one generator would draw them: in the picture and in the prompt."""
        kind = rng.choice(["letter", "ideograph", "shape", "symbol"], p=[0.38, 0.22, 0.28, 0.12])
        font = int(rng.integers(len(marks.letters()))) if rng.random() < 0.6 else None
        ideographs = [str(path) for path in rng.choice(self.fonts, 2)]
        symbols = str(rng.choice(self.symbols))
        # Some pages write the prompt in the font of the page.
        apart = rng.random() < 0.2
        found: list[tuple[np.ndarray, np.ndarray]] = []
        for _ in range(60):
            if len(found) == count:
                break
            other = None
            if kind == "letter":
                mask = marks.letter(rng, font)[1]
            elif kind == "ideograph":
                char, mask = marks.ideograph(rng, ideographs[0])
                if apart and mask is not None:
                    other = marks.written(marks.truetype(ideographs[1], 0), char)
            elif kind == "symbol":
                mask = marks.symbol(rng, symbols)[1]
            else:
                mask = marks.shape(rng)[1]
            if mask is not None and all(alike(mask, known) < 0.82 for known, _ in found):
                found.append((mask, mask if other is None else other))
        return found

    def _ground(self, rng: np.random.Generator) -> np.ndarray:
        h, w = PICTURE
        if rng.random() < 0.2:
            return drawn_ground(rng, h, w)
        photo = self.photos[rng.integers(len(self.photos))]
        scale = rng.uniform(max(h / photo.shape[0], w / photo.shape[1], 0.35), 1.0)
        ch, cw = min(round(h / scale), photo.shape[0]), min(round(w / scale), photo.shape[1])
        y, x = int(rng.integers(photo.shape[0] - ch + 1)), int(rng.integers(photo.shape[1] - cw + 1))
        crop = cv2.resize(photo[y : y + ch, x : x + cw], (w, h), interpolation=cv2.INTER_AREA)
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        if rng.random() < 0.4:
            hsv = cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2HSV).astype(np.float32)
            hsv[..., 0] = (hsv[..., 0] + rng.uniform(0, 180)) % 180
            hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.5, 2.2), 0, 255)
            crop = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)
        return np.ascontiguousarray(crop)

    def _paint(self, rng: np.random.Generator, picture: np.ndarray, found: list[np.ndarray]) -> np.ndarray:
        h, w = PICTURE
        boxes = np.zeros((len(found), 3), np.float32)
        low = rng.uniform(17, 44)
        high = low * rng.uniform(1, 1.5)
        spin = rng.choice([0, 20, 45, 65, 180], p=[0.1, 0.2, 0.35, 0.3, 0.05])
        style = Style(rng)
        taken: list[tuple[float, float, float]] = []
        for i, mask in enumerate(found):
            side = rng.uniform(low, high)
            for _ in range(30):
                x, y = rng.uniform(side * 0.55, w - side * 0.55), rng.uniform(side * 0.55, h - side * 0.55)
                if all((x - a) ** 2 + (y - b) ** 2 > (0.62 * (side + c)) ** 2 for a, b, c in taken):
                    break
            else:
                continue
            taken.append((x, y, side))
            part = window(x, y, side, (h, w))
            ink, boxes[i] = placed(rng, mask, side, x, y, rng.uniform(-spin, spin), part)
            style.paint(rng, picture[part], ink)
        return boxes

    def _prompt(self, rng: np.random.Generator, found: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        h, w = PROMPT
        dark = rng.random() < 0.8
        ground = rng.integers(200, 256, 3) if dark else rng.integers(0, 70, 3)
        if rng.random() < 0.5:
            ground = np.array([255, 255, 255] if dark else [0, 0, 0])
        strip = np.empty((h, w, 3), np.uint8)
        strip[:] = ground
        if rng.random() < 0.15:
            strip = cv2.resize(self._ground(rng), (w, h))
            strip = np.clip(strip.astype(np.float32) * 0.35 + np.asarray(ground) * 0.65, 0, 255).astype(np.uint8)
        noise(rng, strip, before=True)
        room = rng.uniform(0.75, 1) * w / max(len(found), 3)
        side0 = rng.uniform(0.4, 0.85) * h
        spin = rng.choice([0, 20, 45, 70], p=[0.35, 0.25, 0.25, 0.15])
        left = rng.uniform(0, w - room * len(found))
        one = rng.integers(0, 140, 3) if dark else rng.integers(140, 256, 3)
        own = rng.random() < 0.6
        fades = rng.random() < 0.3
        where = np.zeros((len(found), 3), np.float32)
        for i, mask in enumerate(found):
            side = min(side0 * rng.uniform(0.9, 1.1), room * 0.95)
            x = left + room * (i + 0.5) + rng.uniform(-0.04, 0.04) * room
            y = np.clip(h / 2 + rng.uniform(-0.15, 0.15) * h, side * 0.5, h - side * 0.5)
            part = window(x, y, side, (h, w))
            ink, where[i] = placed(rng, mask, side, x, y, rng.uniform(-spin, spin), part)
            colour = (rng.integers(0, 140, 3) if dark else rng.integers(140, 256, 3)) if own else one
            blend(strip[part], ink, colour, rng.uniform(0.5, 1) if fades else 1.0)
        noise(rng, strip, before=False)
        return wear(rng, strip), where


def window(x: float, y: float, side: float, size: tuple[int, int]) -> tuple[slice, slice]:
    """What a mark may cover, turned, bent and outlined."""
    reach = side + 8
    return tuple(slice(max(0, int(at - reach)), min(int(at + reach) + 1, most)) for at, most in zip((y, x), size))


def alike(a: np.ndarray, b: np.ndarray) -> float:
    inner = np.minimum(a, b).sum(dtype=np.float64)
    return inner / max(1.0, np.maximum(a, b).sum(dtype=np.float64))


def placed(rng, mask: np.ndarray, side: float, x: float, y: float, angle: float, part: tuple[slice, slice]):
    """The mask turned, a little bent, at its place in a part of a picture; and x, y, side of the box of its ink."""
    top, left = part[0].start, part[1].start
    h, w = part[0].stop - top, part[1].stop - left
    scale = side / (SIZE - 8)
    turn = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), angle, scale)
    if rng.random() < 0.35:
        shear = np.array([[1, rng.uniform(-0.2, 0.2)], [rng.uniform(-0.2, 0.2), rng.uniform(0.85, 1.15)]])
        linear = turn[:, :2] @ shear
        turn[:, :2] = linear
    turn[:, 2] = np.array([x - left, y - top]) - turn[:, :2] @ np.array([SIZE / 2, SIZE / 2])
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.3, 0.35 / scale)) if scale < 0.9 else mask
    ink = cv2.warpAffine(soft, turn, (w, h), flags=cv2.INTER_LINEAR)
    ys, xs = np.nonzero(ink > 90)
    if len(ys) == 0:
        return ink, (x, y, 0)
    x0, x1, y0, y1 = xs.min(), xs.max() + 1, ys.min(), ys.max() + 1
    return ink, (left + (x0 + x1) / 2, top + (y0 + y1) / 2, max(x1 - x0, y1 - y0))


def blend(picture: np.ndarray, ink: np.ndarray, colour, alpha: float) -> None:
    ys, xs = np.nonzero(ink > 3)
    if len(ys) == 0:
        return
    part = np.s_[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    a = ink[part][..., None].astype(np.float32) * (alpha / 255)
    picture[part] = np.round(picture[part] * (1 - a) + np.asarray(colour, np.float32) * a).astype(np.uint8)


class Style:
    """How one generator paints: flat or shaded, with or without shadow and outline."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.shadow = rng.random() < 0.35
        self.offset = rng.integers(-3, 4, 2)
        self.outline = rng.random() < 0.35
        self.width = int(rng.integers(1, 4))
        self.edge = rng.integers(0, 256, 3) if rng.random() < 0.4 else np.array([0, 0, 0] if rng.random() < 0.6 else [255, 255, 255])
        self.alpha = rng.uniform(0.55, 1) if rng.random() < 0.35 else 1.0
        self.shaded = rng.random() < 0.2
        self.own = rng.random() < 0.7
        self.colour = self._colour(rng)
        self.hollow = rng.random() < 0.08

    def _colour(self, rng):
        kind = rng.random()
        if kind < 0.12:
            return np.array([255, 255, 255])
        if kind < 0.2:
            return np.array([0, 0, 0])
        hsv = np.uint8([[[rng.integers(180), rng.integers(40, 256), rng.integers(60, 256)]]])
        return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0]

    def paint(self, rng, picture: np.ndarray, ink: np.ndarray) -> None:
        colour = self._colour(rng) if self.own else self.colour
        ys, xs = np.nonzero(ink > 128)
        if len(ys) == 0:
            return
        near = picture[ys, xs].mean(0)
        # What cannot be seen cannot be learned.
        if not (self.outline or self.shadow) and np.abs(near - colour).max() * self.alpha < 60:
            colour = (near + 128) % 256
        if self.shadow:
            moved = np.roll(ink, tuple(self.offset), (0, 1))
            blend(picture, moved, [0, 0, 0], rng.uniform(0.4, 1))
        if self.outline or self.hollow:
            ring = cv2.dilate(ink, np.ones((2 * self.width + 1,) * 2, np.uint8)) if not self.hollow else cv2.morphologyEx(ink, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
            edge = self.edge if not self.hollow else colour
            blend(picture, ring, edge, self.alpha)
            if self.hollow:
                return
        if self.shaded:
            other = self._colour(rng)
            h, w = ink.shape
            t = np.clip((np.linspace(0, 1, w)[None, :] * w - xs.min()) / max(1, xs.max() - xs.min()), 0, 1)[..., None]
            colour = (np.asarray(colour) * (1 - t) + np.asarray(other) * t).repeat(h, 0)
            part = np.s_[max(0, ys.min() - 2) : ys.max() + 3, max(0, xs.min() - 2) : xs.max() + 3]
            a = ink[part][..., None].astype(np.float32) * (self.alpha / 255)
            picture[part] = (picture[part] * (1 - a) + colour[part] * a).astype(np.uint8)
            return
        blend(picture, ink, colour, self.alpha)


def drawn_ground(rng, h: int, w: int) -> np.ndarray:
    a, b, c = (rng.integers(0, 256, 3).astype(np.float32) for _ in range(3))
    ys, xs = np.mgrid[0:h, 0:w] / max(h, w)
    t = (np.cos(rng.uniform(0, 6.3)) * xs + np.sin(rng.uniform(0, 6.3)) * ys)[..., None]
    ground = np.clip(a + (b - a) * t + c * 0.3 * np.sin(6 * xs * rng.uniform(0, 2))[..., None], 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 25))):
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        x, y, r = int(rng.integers(w)), int(rng.integers(h)), int(rng.integers(8, 80))
        kind = rng.random()
        if kind < 0.3:
            cv2.circle(ground, (x, y), r, colour, -1 if rng.random() < 0.7 else int(rng.integers(1, 9)), cv2.LINE_AA)
        elif kind < 0.7:
            cv2.fillPoly(ground, [np.int32(rng.normal((x, y), r, (int(rng.integers(3, 6)), 2)))], colour, cv2.LINE_AA)
        else:
            cv2.line(ground, (x, y), (int(rng.integers(w)), int(rng.integers(h))), colour, int(rng.integers(1, 10)), cv2.LINE_AA)
    return ground


def noise(rng, strip: np.ndarray, before: bool) -> None:
    """Lines, curves and dots of a prompt."""
    h, w = strip.shape[:2]
    if rng.random() < 0.4:
        return
    for _ in range(int(rng.integers(0, 5))):
        colour = tuple(int(v) for v in rng.integers(0, 220, 3))
        width = int(rng.integers(1, 3))
        if rng.random() < 0.5:
            cv2.line(strip, (int(rng.integers(w)), int(rng.integers(h))), (int(rng.integers(w)), int(rng.integers(h))), colour, width, cv2.LINE_AA)
        else:
            x = np.arange(0, w)
            y = h * rng.uniform(0.2, 0.8) + h * rng.uniform(0.05, 0.3) * np.sin(x * rng.uniform(0.02, 0.09) + rng.uniform(0, 6)) + x * rng.uniform(-0.1, 0.1)
            cv2.polylines(strip, [np.int32(np.stack([x, y], 1))], False, colour, width, cv2.LINE_AA)
    if not before:
        for _ in range(int(rng.integers(0, 60))):
            colour = tuple(int(v) for v in rng.integers(0, 220, 3))
            cv2.circle(strip, (int(rng.integers(w)), int(rng.integers(h))), int(rng.integers(0, 3)), colour, -1, cv2.LINE_AA)


def wear(rng, picture: np.ndarray) -> np.ndarray:
    if rng.random() < 0.25:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 0.9))
    if rng.random() < 0.15:
        picture = np.clip(picture + rng.normal(0, rng.uniform(2, 12), picture.shape), 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 97))])
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return picture

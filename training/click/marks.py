"""What is clicked: letters, ideographs, symbols and drawn shapes, as masks to be painted."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.alphabet import CHARS
from training.synth.glyphs import GlyphSet

SIZE = 96
"""Side of a mask; what is drawn nearly fills it."""

SYMBOLS = "★☆✦✧✪✫✬✭✮✯✰✱✲✳✴✵✶✷✸✹✺✻✼✽✾✿❀❁❂❃❄❅❆❇❈❉❊❋●■▲▼◆♠♣♥♦♤♧♡♢♪♫☀☁☂☃☎☮☯☸☾♔♕♖♗♘♙♨♻⚓⚔⚖⚙⚛⚡⚽✂✈✉✎✚✠✡✖✔❖❤➤➜⌂⌘⛄⛅⛵"
IDEOGRAPHS = range(0x4E00, 0x9FA0)


@lru_cache(maxsize=1)
def letters() -> GlyphSet:
    return GlyphSet.cached()


def fit(mask: np.ndarray) -> np.ndarray | None:
    """The mask's ink, scaled into a square of SIZE."""
    ys, xs = np.nonzero(mask > 100)
    if len(ys) < 12:
        return None
    ink = mask[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    scale = (SIZE - 8) / max(ink.shape)
    if min(ink.shape) * scale < 6:
        return None
    w, h = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    ink = cv2.resize(ink, (w, h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    out = np.zeros((SIZE, SIZE), np.uint8)
    y, x = (SIZE - h) // 2, (SIZE - w) // 2
    out[y : y + h, x : x + w] = ink
    return out


def letter(rng: np.random.Generator, font: int | None) -> tuple[str, np.ndarray | None]:
    glyphs = letters()
    char = CHARS[rng.integers(62)]
    return char, fit(glyphs.glyph(font if font is not None else glyphs.choose(rng, char), char).mask)


@lru_cache(maxsize=64)
def truetype(path: str, index: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, SIZE - 16, index=index)


def written(font: ImageFont.FreeTypeFont, char: str) -> np.ndarray | None:
    image = Image.new("L", (2 * SIZE, 2 * SIZE))
    ImageDraw.Draw(image).text((SIZE, SIZE), char, 255, font, anchor="mm")
    return fit(np.asarray(image))


def ideograph(rng: np.random.Generator, font: str) -> tuple[str, np.ndarray | None]:
    # The first of a block of 256 by frequency would be better; uniform is harder, and does.
    char = chr(int(rng.choice(IDEOGRAPHS)))
    return char, written(truetype(font, 0), char)


def symbol(rng: np.random.Generator, font: str) -> tuple[str, np.ndarray | None]:
    char = SYMBOLS[rng.integers(len(SYMBOLS))]
    return char, written(truetype(font, 0), char)


def shape(rng: np.random.Generator) -> tuple[str, np.ndarray | None]:
    """A star, flower, polygon, ring, heart, arrow and so on, filled or hollow, drawn from an outline."""
    kind = rng.choice(["disc", "polygon", "star", "flower", "gear", "heart", "arrow", "cross", "moon", "drop", "beads", "petals", "blob"])
    t = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    n = int(rng.integers(3, 12))
    image = np.zeros((SIZE * 2, SIZE * 2), np.uint8)
    r = np.ones_like(t)
    depth = rng.uniform(0.3, 0.75)
    if kind == "polygon":
        r = np.cos(np.pi / n) / np.cos((t % (2 * np.pi / n)) - np.pi / n)
    elif kind == "star":
        phase = (t * n / (2 * np.pi)) % 1
        r = depth + (1 - depth) * np.abs(2 * phase - 1)
    elif kind == "flower":
        r = 1 - (1 - depth) * (0.5 + 0.5 * np.cos(n * t)) ** rng.uniform(0.5, 2)
    elif kind == "gear":
        r = np.where((t * n / (2 * np.pi)) % 1 < 0.5, 1.0, 0.5 + depth / 2)
    elif kind == "blob":
        r = 1 + sum(rng.normal(0, 0.16) * np.cos(k * t + rng.uniform(0, 6.28)) for k in range(2, 6))
    x, y = r * np.cos(t), r * np.sin(t)
    if kind == "heart":
        x, y = np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 16
    if kind == "drop":
        x, y = np.sin(t) * np.sin(t / 2) ** 1.5, -np.cos(t) * 0.96
    stretch = rng.uniform(0.55, 1) if rng.random() < 0.35 else 1.0
    points = np.stack([x * stretch, y], 1) * 70 + SIZE
    if kind == "arrow":
        w, h = rng.uniform(0.2, 0.5), rng.uniform(0.3, 0.6)
        points = np.array([[-w, 1], [-w, -1 + 2 * h], [-0.9, -1 + 2 * h], [0, -1], [0.9, -1 + 2 * h], [w, -1 + 2 * h], [w, 1]]) * 70 + SIZE
    if kind == "cross":
        w = rng.uniform(0.2, 0.45)
        points = np.array([[-w, -1], [w, -1], [w, -w], [1, -w], [1, w], [w, w], [w, 1], [-w, 1], [-w, w], [-1, w], [-1, -w], [-w, -w]]) * 70 + SIZE
    if kind in ("beads", "petals"):
        m = int(rng.integers(4, 11))
        for k in range(m):
            a = 2 * np.pi * k / m
            centre = (int(SIZE + 52 * np.cos(a)), int(SIZE + 52 * np.sin(a)))
            if kind == "beads":
                cv2.circle(image, centre, int(rng.uniform(0.7, 1.2) * 150 / m * 0.9), 255, -1, cv2.LINE_AA)
            else:
                cv2.ellipse(image, centre, (28, int(14 * depth * 2)), np.degrees(a) + 90 * (depth > 0.5), 0, 360, 255, -1, cv2.LINE_AA)
        if rng.random() < 0.5:
            cv2.circle(image, (SIZE, SIZE), int(rng.uniform(10, 30)), 255 if rng.random() < 0.5 else 0, -1, cv2.LINE_AA)
    else:
        outline = [np.round(points * 8).astype(np.int32)]
        fill = rng.random()
        if fill < 0.6:
            cv2.fillPoly(image, outline, 255, cv2.LINE_AA, 3)
            if rng.random() < 0.45:
                hole = [np.round(((points - SIZE) * rng.uniform(0.3, 0.75) + SIZE) * 8).astype(np.int32)]
                if rng.random() < 0.4:
                    cv2.circle(image, (SIZE, SIZE), int(rng.uniform(14, 36)), 0, -1, cv2.LINE_AA)
                else:
                    cv2.fillPoly(image, hole, 0, cv2.LINE_AA, 3)
        else:
            cv2.polylines(image, outline, True, 255, int(rng.integers(7, 18)), cv2.LINE_AA, 3)
    if kind == "moon":
        image[:] = 0
        cv2.circle(image, (SIZE, SIZE), 70, 255, -1, cv2.LINE_AA)
        cv2.circle(image, (int(SIZE + rng.uniform(20, 50)), SIZE - 10), int(rng.uniform(45, 70)), 0, -1, cv2.LINE_AA)
    return "", fit(image)

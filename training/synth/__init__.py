"""Makes pictures of distorted text, without end, each from a seed of its own."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from training.closeup import around_text
from training.picture import HEIGHT
from training.synth import content, layout, paint, textures, wear
from training.synth.dice import Dice
from training.synth.glyphs import GlyphSet
from training.synth.recipe import STYLES, choose_style, mix
from training.synth.scene import Scene

__all__ = ["STYLES", "Sample", "Synthesiser"]

# Pixels of most native pictures: larger ones only cost time, the reader shrinks them anyway.
_MOST_PIXELS = 34_000

# Of a few: their strokes are as thin as in small ones, and fade when the reader shrinks them.
_MOST_PIXELS_FINE = 120_000
_FINE_ROWS = (110, 300)

# Added to a seed whose picture shows nothing, or nothing large enough: beyond all seeds that are asked for.
_ANEW = 1 << 48

# Pixels of a capital below which most letters cannot be told apart: in the picture itself, and at 48 rows.
_LEAST_CAP, _LEAST_SHARE = 8.8, 9.5 / 48


@dataclass(frozen=True)
class Sample:
    """image: uint8 (height, width, 3), BGR. text: what it says. style: the leading ingredient."""

    image: np.ndarray
    text: str
    style: str


class Synthesiser:
    """glyphs: of all fonts by default, from the cache that training.fonts makes."""

    def __init__(self, glyphs: GlyphSet | None = None) -> None:
        cv2.setNumThreads(0)
        self.glyphs = glyphs or GlyphSet.cached()
        self.textures = textures.make(self.glyphs)

    def sample(
        self,
        seed: int,
        width: int,
        style: str | None = None,
        weights: Sequence[float] | None = None,
        difficulty: float = 1.0,
        height: int = HEIGHT,
    ) -> Sample:
        """One picture of `width` x `height` pixels, the same for the same arguments.

        style: one of STYLES, else drawn by `weights` (one for each of STYLES). difficulty: 0 for
        clear, spaced letters, 1 for the full range; a little more is possible.
        """
        lead = style or choose_style(Dice(seed), weights)
        s = self._draw(seed, width, lead, difficulty, height)
        part = self._closer(s, width / height) if s.dice.chance(0.7) else s.canvas
        return Sample(wear.resize(s.dice, part, width, height), s.text, lead)

    def native(self, seed: int, width: int, style: str, difficulty: float = 1.0) -> Sample:
        """What `sample` is made of: the whole picture in its own size, as a site would serve it."""
        s = self._draw(seed, width, style, difficulty, HEIGHT)
        return Sample(s.canvas, s.text, style)

    def _draw(self, seed: int, width: int, lead: str, difficulty: float, height: int, tries: int = 4) -> Scene:
        # Otherwise two styles of one seed would show the same letters.
        dice = Dice(seed * 4096 + zlib.crc32(lead.encode()) % 4095 + 1)
        ingredients = mix(dice, lead, difficulty)
        h, w = self._native_size(dice, width / height, ingredients)
        text = self._text(dice, (h, w), width * HEIGHT // height, ingredients)
        s = Scene(dice, h, w, text, ingredients, difficulty, fine=h * w > _MOST_PIXELS)
        s.smooth = dice.chance(0.85)
        paint.choose_colours(s)
        layout.place(s, self.glyphs)
        tiny = s.cap < max(_LEAST_CAP, _LEAST_SHARE * s.h)
        # Without a text the only letter was a hairline, of which hard edges left nothing.
        if not s.text or (tiny and tries > 0):
            return self._draw(seed + _ANEW, width, lead, difficulty, height, tries - 1)
        paint.picture(s, self.glyphs, self.textures)
        return s

    def _closer(self, s: Scene, aspect: float) -> np.ndarray:
        """The part that readers look at, unless a letter lies outside or its shape is far from what is wanted."""
        box = around_text(s.canvas)
        if box is None or not all(box[1].start < x < box[1].stop for x, _ in s.centres):
            return s.canvas
        part = s.canvas[box]
        return part if 0.65 < part.shape[1] / part.shape[0] / aspect < 1.4 else s.canvas

    def _native_size(self, dice: Dice, wanted: float, ingredients: dict[str, float]) -> tuple[int, int]:
        aspect = wanted * math.exp(dice.u(-0.22, 0.22) if dice.chance(0.5) else dice.u(-0.05, 0.05))
        if wanted <= 6.25 and dice.chance(0.45):
            # A narrow or crowded picture is stretched for the reader, so that a letter gets enough of its steps.
            aspect *= math.exp(dice.u(-0.7, -0.1))
        kind = dice.random()
        if kind < 0.75:
            h = math.exp(dice.u(math.log(26), math.log(80)))
        elif kind < 0.85:
            h = dice.u(16, 26)
        else:
            h = dice.u(80, 150)
        most = _MOST_PIXELS
        if not ingredients.keys().isdisjoint(("relief", "dotted")):
            h = max(h, 44)
        elif "surface" in ingredients:
            h = max(h, 64)
        elif dice.chance(0.07):
            h, most = dice.u(*_FINE_ROWS), _MOST_PIXELS_FINE
        h = min(h, math.sqrt(most / aspect))
        h = max(16, round(h))
        return h, max(12, round(h * aspect))

    def _text(self, dice: Dice, size: tuple[int, int], width: int, ingredients: dict[str, float]) -> str:
        """`size`: (h, w) of the picture as drawn; `width`: of the reader's, where it has 48 rows."""
        h, w = size
        aspect = w / h
        if "small" in ingredients:
            aspect *= 0.75
        # Narrower than 11 pixels a letter cannot be told from its neighbour, nor than 8 of its own.
        most = max(1, min(10, width // 11, w // 8))
        if "math" in ingredients and aspect > 1.4 and most > 2:
            text = content.arithmetic(dice, min(aspect, most * 0.5))
        elif "segments" in ingredients:
            text = content.digits(dice, content.choose_length(dice, aspect, 1, most))
        elif "long" in ingredients:
            text = content.code(dice, content.choose_length(dice, aspect, min(7, most), most))
        else:
            text = content.code(dice, content.choose_length(dice, aspect, 1, most))
        return _alignable(text, width // 8)


def _alignable(text: str, steps: int) -> str:
    """The text, shortened until CTC can align it with `steps` outputs: doubled letters take a blank."""
    while len(text) > 1 and len(text) + sum(a == b for a, b in zip(text, text[1:])) > steps:
        text = text[:-1]
    return text

"""Which fonts the kept net reads: the second chance of outlined and ornate ones, which match no mean letter."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import cv2
import numpy as np

from training.alphabet import CHARS, DIGITS, LOWER, UPPER
from training.ctc import LETTERS_AND_DIGITS, greedy
from training.picture import HEIGHT, STRIDE
from training.reading import Scorer, onnx_scorer, score_all
from training.synth.glyphs import CAP, Glyph

MODEL = Path(__file__).resolve().parents[1] / "models" / "text.closer.onnx.br"
_WORD, _TIMES = 6, 2  # letters in a word, and how often each letter is shown
_FOLD = str.maketrans("CSVWXZKPUMYJ" + "0O" + "1I", "csvwxzkpumyj" + "oo" + "ll")


class FontReader:
    """Shows the net words of a font, black on white."""

    def __init__(self, score: Scorer | None = None) -> None:
        self.score = score or onnx_scorer(MODEL)

    def capitals(self, glyphs: list[Glyph | None]) -> float:
        """Share of the digits and capitals that are read, 0 to 1, letters of one shape counting as the same."""
        return self._share(glyphs, DIGITS + UPPER)

    def small(self, glyphs: list[Glyph | None]) -> float:
        """The same of the lower-case letters; those that are drawn as capitals are not."""
        return self._share(glyphs, LOWER)

    def _share(self, glyphs: list[Glyph | None], chars: str) -> float:
        if any(glyphs[CHARS.index(c)] is None for c in chars):
            return 0.0
        order = np.random.default_rng(0)
        letters = [c for _ in range(_TIMES) for c in order.permutation(list(chars))]
        words = ["".join(letters[i : i + _WORD]) for i in range(0, len(letters), _WORD)]
        images = [_draw([glyphs[CHARS.index(c)] for c in word]) for word in words]
        read = [greedy(s[None], LETTERS_AND_DIGITS)[0] for s in score_all(self.score, images)]
        return sum(_found(word, text) for word, text in zip(words, read)) / len(letters)


def _found(word: str, text: str) -> int:
    """How many letters of `word` stand in `text` in their order."""
    pairs = SequenceMatcher(None, word.translate(_FOLD), text.translate(_FOLD), autojunk=False)
    return sum(block.size for block in pairs.get_matching_blocks())


def _draw(word: list[Glyph]) -> np.ndarray:
    """The letters side by side on one baseline, (HEIGHT, W, 3)."""
    gap = CAP // 6
    top = min(round(g.top) for g in word)
    foot = max(round(g.top) + g.mask.shape[0] for g in word)
    wide = sum(g.mask.shape[1] + gap for g in word) + gap
    page = np.full((foot - top + 2 * gap, wide), 255, np.uint8)
    x = gap
    for g in word:
        y = gap + round(g.top) - top
        h, w = g.mask.shape
        page[y : y + h, x : x + w] = 255 - g.mask
        x += w + gap
    columns = max(STRIDE * 2 * len(word), round(wide * HEIGHT / page.shape[0] / STRIDE) * STRIDE)
    return cv2.cvtColor(cv2.resize(page, (columns, HEIGHT), interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2BGR)

import numpy as np
import pytest

from training.alphabet import CHARS, LOWER, UPPER
from training.fontreading import FontReader
from training.synth.glyphs import Glyph, dejavu_files, render_font


@pytest.fixture(scope="module")
def reader():
    return FontReader()


@pytest.fixture(scope="module")
def glyphs():
    return render_font(next(p for p in dejavu_files() if p.name == "DejaVuSans.ttf"))["glyphs"]


def test_a_plain_font_is_read(reader, glyphs):
    assert reader.capitals(glyphs) > 0.9
    assert reader.small(glyphs) > 0.9


def test_boxes_are_not_read(reader, glyphs):
    boxes = [Glyph(np.full_like(g.mask, 255), g.left, g.top, g.advance) for g in glyphs]
    assert reader.capitals(boxes) < 0.3


def test_capitals_in_place_of_small_letters_are_no_small_letters(reader, glyphs):
    drawn = dict(zip(CHARS, glyphs)) | {small: glyphs[CHARS.index(large)] for small, large in zip(LOWER, UPPER)}
    assert reader.small([drawn[c] for c in CHARS]) < 0.6


def test_a_font_that_lacks_a_letter_is_not_read(reader, glyphs):
    lacking = list(glyphs)
    lacking[CHARS.index("Q")] = None
    assert reader.capitals(lacking) == 0
    assert reader.small(lacking) > 0.9

"""Which fonts and which of their letters are used, by DejaVu's and what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from training.alphabet import CHARS, DIGITS, UPPER
from training.fontfilter import accept
from training.synth.glyphs import Glyph, dejavu_files, render_font

blind = SimpleNamespace(capitals=lambda _: 0.0, small=lambda _: 0.0)


@pytest.fixture
def fonts() -> list[dict]:
    return [render_font(path) | {"tag": ""} for path in dejavu_files() if "Math" not in path.name]


def changed(font: dict, letter_of: Callable[[str], str]) -> dict:
    """The font with other letters in the places of some."""
    glyphs = [font["glyphs"][CHARS.index(letter_of(c))] for c in CHARS]
    return font | {"glyphs": glyphs, "name": "changed"}


def test_fonts_that_can_be_read_are_kept(fonts):
    kept, _ = accept(fonts, fonts[0], blind)
    assert len(kept) > 4 and all(font["present"].all() for font in kept)


def test_a_font_whose_letters_are_others_is_dropped(fonts):
    letters = DIGITS + UPPER
    odd = changed(fonts[0], lambda c: letters[(letters.index(c) + 7) % len(letters)] if c in letters else c)
    kept, dropped = accept([*fonts[1:], odd], fonts[0], blind)
    assert dropped["unreadable"] == 1 and "changed" not in {font["name"] for font in kept}


def test_a_letter_in_the_place_of_an_operator_is_replaced(fonts):
    # As fonts of Cyrillic code pages have Ч and ч there, which are like 4 and y.
    odd = changed(fonts[0], lambda c: {"×": "H", "÷": "y"}.get(c, c))
    kept, _ = accept([odd, *fonts[1:]], fonts[3], blind)
    glyphs = next(font for font in kept if font["name"] == "changed")["glyphs"]
    for operator in "×÷":
        mine, spare = (of[CHARS.index(operator)].mask for of in (glyphs, fonts[3]["glyphs"]))
        assert np.array_equal(mine, spare)


def test_an_operator_of_the_font_itself_stays(fonts):
    kept, _ = accept(fonts, fonts[3], blind)
    own = kept[0]["glyphs"][CHARS.index("+")]
    assert isinstance(own, Glyph) and own is fonts[0]["glyphs"][CHARS.index("+")]

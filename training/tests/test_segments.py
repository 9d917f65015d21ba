"""Digits of displays."""

from __future__ import annotations

import numpy as np

from training.alphabet import DIGITS, OPERATORS
from training.synth import layout, paint
from training.synth.dice import Dice
from training.synth.scene import Scene
from training.synth.segments import choose_display, digit


def test_each_digit_is_its_own_whatever_the_display():
    for seed in range(60):
        display = choose_display(Dice(seed))
        masks = [digit(display, c).mask > 200 for c in DIGITS]
        least = min((a ^ b).sum() / (a | b).sum() for i, a in enumerate(masks) for b in masks[:i])
        assert least > 0.06


def test_bars_that_are_out_are_seen_and_never_taken_for_lit():
    seen = 0
    for seed in range(60):
        display = choose_display(Dice(seed))
        one, eight = digit(display, "1").mask, digit(display, "8").mask
        out = one[(eight == 255) & (one < 255)]
        assert np.median(out) == display.out < 50
        seen += display.out > 0
    assert 30 < seen < 60


def test_a_picture_of_a_display_shows_digits_and_sums_of_them(maker):
    for seed in range(40):
        assert set(maker.sample(seed, 160, "segments").text) <= set(DIGITS + OPERATORS + "x")


def test_letters_beside_digits_are_drawn_by_their_font(maker):
    s = Scene(Dice(1), 60, 240, "A8", {"segments": 1.0}, 1.0)
    paint.choose_colours(s)
    layout.place(s, maker.glyphs)
    assert s.text == "A8"

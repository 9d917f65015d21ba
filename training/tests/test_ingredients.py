"""Ingredients of the synthesiser one by one, with DejaVu fonts only."""

from __future__ import annotations

import cv2
import numpy as np

from training.synth import backdrop, colours, decoys, layout, letter, looks, paint, tilings, veils, warps, wear
from training.synth.dice import Dice
from training.synth.scene import Scene, blend


def test_a_cell_takes_at_most_two_fifths_of_a_letter_and_half_of_what_hangs_below(maker):
    for seed in range(40):
        s = Scene(Dice(seed), 60, 240, "gjWy", {"clipped": 1.0}, 1.0)
        glyphs = [maker.glyphs.glyph(maker.glyphs.choose(s.dice, "gW"), c) for c in s.text]
        s.cap = 40.0
        cell = letter.choose_cell(s)
        for g in glyphs:
            left = letter.clipped(s, g.mask, -g.top, cell)
            assert 0.6 <= left.sum() / g.mask.sum() <= 1
            below = max(0, g.mask.shape[0] + int(g.top))
            assert np.flatnonzero(left.max(axis=1))[-1] + 2 >= g.mask.shape[0] - below / 2


def test_a_bitmap_has_two_colours():
    for seed in range(300):
        assert sorted(np.unique(tilings.bitmap(Dice(seed)))) == [0, 255]


def test_a_turned_text_stays_inside(drawn_on):
    for seed in range(40):
        s = drawn_on("WXHM", {}, seed)
        before = s.alpha.sum()
        warps.bend_text(s, warps.turned(s, 1.0))
        border = np.concatenate([s.alpha[0], s.alpha[-1], s.alpha[:, 0], s.alpha[:, -1]])
        # Corners of letters may touch the edge; a text that is not made smaller loses whole ends.
        assert (border > 60).sum() < 40 and s.alpha.sum() > 0.25 * before


def test_letters_on_badges_are_seen_on_them(drawn_on):
    plates = 0
    for seed in range(40):
        s = drawn_on("WXHM", {}, seed)
        text = s.alpha > 200
        looks.badge(s)
        around = (cv2.dilate(text.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~text
        # A ring or an open box leaves the paper around its letter.
        if (s.alpha[around] > 200).mean() < 0.9:
            continue
        plates += 1
        on, off = (np.median(s.full_ink()[area], axis=0) for area in (text, around))
        assert colours.apart(tuple(on), tuple(off)) > 30
    assert plates > 10


def test_a_ring_leaves_the_letters_beside_it_alone(drawn_on):
    rings = 0
    for seed in range(60):
        s = drawn_on("WXHMA", {}, seed)
        text = s.alpha > 0
        s.dice.chance = lambda _: True  # round and open
        looks.badge(s)
        y, x = np.nonzero((s.alpha > 0) & ~text)
        rings += len(x) > 0
        for cx, cy in s.centres:
            assert (np.hypot(x - cx, y - cy) > 0.3 * s.cap).all()
    assert rings > 20


def test_what_was_erased_is_no_letter_because_of_its_ring(maker, monkeypatch):
    # Stripes that leave nothing.
    monkeypatch.setattr(paint, "_LOOKS", (("striped", lambda s: s.alpha.fill(0)),))
    order = []
    monkeypatch.setattr(paint, "_keep_traces", lambda s, whole: order.append("traces"))
    monkeypatch.setattr(looks, "badge", lambda s: order.append("badge"))
    s = Scene(Dice(1), 60, 240, "WXHM", {"striped": 1.0, "badge": 1.0}, 1.0)
    paint.choose_colours(s)
    layout.place(s, maker.glyphs)
    paint.picture(s, maker.glyphs, maker.textures)
    assert order == ["traces", "badge"]


def test_no_gradient_comes_uninvited_where_it_would_swallow_letters(maker):
    for mix in ({"threshold": 1.0}, {"hue-only": 1.0}):
        for seed in range(300):
            s = Scene(Dice(seed), 20, 40, "W", mix, 1.0)
            paint.choose_colours(s)
            s.alpha = np.zeros((20, 40), np.uint8)
            backdrop.fill(s, maker.textures)
            assert len(np.unique(s.canvas.reshape(-1, 3), axis=0)) == 1


def test_a_carpet_of_decoys_stays_behind_the_palest_letter(maker):
    for seed in range(40):
        s = Scene(Dice(seed), 60, 240, "W", {}, 1.0, paper=(255, 255, 255), colour=(0, 0, 0), palest=40.0)
        s.canvas = s.flat(s.paper)
        decoys._carpet(s, maker.glyphs, 1.0)
        assert max(colours.apart(tuple(map(int, c)), s.paper) for c in np.unique(s.canvas.reshape(-1, 3), axis=0)) < 30


def test_letters_of_any_colour_are_left_by_a_printers_screen(drawn_on):
    for seed in range(30):
        s = drawn_on("WXHM", {"cells": 1.0}, seed)
        s.canvas = blend(s.canvas, s.full_ink(), s.alpha)
        wear._screen(s)
        for x, _ in s.centres:
            column = slice(int(x) - 12, int(x) + 12)
            assert len(np.unique(s.canvas[:, column].reshape(-1, 3), axis=0)) > 1


def test_a_palette_leaves_so_many_colours_and_no_letter_without_one(drawn_on):
    for seed in range(30):
        s = drawn_on("WXHM", {}, seed)
        s.canvas = blend(s.canvas, s.flat(s.colour), s.alpha)
        few = wear._palette(Dice(seed), s.canvas, 8)
        assert few.shape == s.canvas.shape
        assert 2 <= len(np.unique(few.reshape(-1, 3), axis=0)) <= 8
        # Of what lies near each other the mean stays: errors are passed on, not lost.
        assert np.abs(cv2.blur(few, (9, 9)).astype(int) - cv2.blur(s.canvas, (9, 9))).mean() < 12


def test_what_lies_over_all_is_seen_through(drawn_on):
    for seed in range(30):
        for over in (veils._ramp, veils._haze):
            s = drawn_on("WXHM", {}, seed)
            area = over(s)
            assert area.shape == s.alpha.shape and area.dtype == np.uint8
            assert np.ptp(area) > 60
            image = np.repeat(s.alpha[:, :, None], 3, 2)
            veils._lay(image, area, (90, 90, 90), 0.6)
            inside, outside = image[s.alpha == 255], image[s.alpha == 0]
            # A letter is brighter than paper wherever both are as much veiled.
            assert inside.min() > 0.35 * 255 and outside.max() < 0.65 * 255

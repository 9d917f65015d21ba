"""The synthesiser, with DejaVu fonts only."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

from training.alphabet import CHARS
from training.synth import STYLES, backdrop, colours, layout, letter, marks, paint, surface
from training.synth.content import arithmetic, code
from training.synth.dice import Dice
from training.synth.recipe import mix
from training.synth.scene import Scene


def test_alphabet_has_seventy_characters_in_the_agreed_order():
    assert len(CHARS) == 70
    assert CHARS.startswith("0123456789ABC") and CHARS.endswith("xyz+-*×÷/=?")


def test_same_seed_gives_the_same_picture(maker):
    for seed in range(40):
        a, b = maker.sample(seed, 144), maker.sample(seed, 144)
        assert (a.text, a.style) == (b.text, b.style)
        assert np.array_equal(a.image, b.image)


def test_other_seed_gives_another_picture(maker):
    texts = {maker.sample(seed, 144, "plain").text for seed in range(30)}
    assert len(texts) > 25


@pytest.mark.parametrize("style", STYLES)
def test_each_style_gives_pictures_of_the_asked_width(maker, style):
    for seed, width in enumerate((48, 96, 144, 240, 400)):
        for difficulty in (0.0, 1.0, 1.3):
            made = maker.sample(seed, width, style, difficulty=difficulty)
            assert made.image.shape == (48, width, 3) and made.image.dtype == np.uint8
            assert made.style == style
            assert 1 <= len(made.text) <= 10 and set(made.text) <= set(CHARS)
            assert made.image.std() > 0.5


def test_a_picture_that_shows_nothing_is_drawn_anew(maker, monkeypatch):
    lost: list[str] = []

    def lose_the_first(scene: Scene, glyphs) -> None:
        place(scene, glyphs)
        if not lost:
            lost.append(scene.text)
            scene.text = ""

    place = layout.place
    monkeypatch.setattr(layout, "place", lose_the_first)
    made = maker.sample(7, 144, "plain")
    assert lost and made.text and made.text != lost[0]


def test_letters_are_large_enough_to_be_told_apart(maker, monkeypatch):
    rows: list[tuple[float, float]] = []
    picture = paint.picture

    def watched(scene: Scene, *rest) -> None:
        rows.append((scene.cap, 48 * scene.cap / scene.h))
        picture(scene, *rest)

    monkeypatch.setattr(paint, "picture", watched)
    for seed in range(400):
        maker.native(seed, 88, STYLES[seed % len(STYLES)])
    small = [own < 8.8 or shown < 9.5 for own, shown in rows]
    # Drawn anew a few times at most: of one in thirty, one in a million is left.
    assert len(rows) == 400 and np.mean(small) < 0.01


def test_a_pattern_is_never_louder_than_the_text(drawn_on):
    for seed in range(60):
        s = drawn_on("WXHM", {"pattern": 1.0}, seed)
        gaps = [colours.apart(tuple(map(int, c)), s.paper) for c in np.unique(s.canvas.reshape(-1, 3), axis=0)]
        if len(gaps) == 2:
            assert max(gaps) < 0.65 * colours.apart(s.colour, s.paper) + 4


def test_weights_choose_the_style(maker):
    weights = [0.0] * len(STYLES)
    weights[STYLES.index("hollow")] = 2.0
    assert {maker.sample(seed, 96, weights=weights).style for seed in range(10)} == {"hollow"}


def test_some_pictures_are_large_and_their_marks_as_thin_as_in_small_ones(maker, monkeypatch):
    units: dict[int, float] = {}
    picture = paint.picture

    def watched(scene: Scene, *rest) -> None:
        units[scene.h * scene.w] = scene.unit
        picture(scene, *rest)

    monkeypatch.setattr(paint, "picture", watched)
    for seed in range(300):
        maker.native(seed, 144, "lines")
    large = [unit for size, unit in units.items() if size > 40_000]
    assert max(units) < 125_000 and 8 < len(large) < 40
    assert max(large) < max(unit for size, unit in units.items() if size <= 34_000)


def test_every_character_is_drawn(maker):
    # Letters far apart on a large plain scene: each must leave its own spot of ink.
    for c in CHARS:
        text = c * 3
        s = Scene(Dice(5), 60, 300, text, {}, 1.0)
        layout.place(s, maker.glyphs)
        assert len(s.centres) == 3
        for x, _ in s.centres:
            spot = s.alpha[:, max(0, int(x) - 12) : int(x) + 12]
            assert spot.max() > 60, c


def test_plain_pictures_show_their_text(maker):
    seen = 0
    for seed in range(30):
        image = maker.sample(seed, 144, "plain", difficulty=0.0).image.astype(int)
        seen += (abs(image - np.median(image, axis=(0, 1))).max(2) > 40).mean() > 0.02
    assert seen >= 27


def test_sums_ask_for_one_number():
    sums = [arithmetic(Dice(seed), 5.0) for seed in range(2000)]
    sides = r"-?\d+[-+*×x÷/]\d+=?\??|\d+[-+*×x÷/]\?=-?\d+|\?[-+*×x÷/]\d+=-?\d+"
    assert all(re.fullmatch(sides, text) and len(text) <= 10 for text in sums)
    assert all(sum(text.startswith(c) for text in sums) > 20 for c in "?-")
    assert sum("=-" in text for text in sums) > 10


def test_codes_have_the_asked_length():
    assert all(len(code(Dice(seed), n)) == n for seed in range(50) for n in range(1, 11))


def test_labels_can_be_aligned_with_an_eighth_of_the_width(maker):
    for seed in range(300):
        width = (48, 64, 96, 144)[seed % 4]
        text = maker.sample(seed, width).text
        assert len(text) + sum(a == b for a, b in zip(text, text[1:])) <= width // 8


@pytest.mark.parametrize("style", ["edge", "uneven", "scatter", "overlap"])
def test_every_letter_of_the_label_is_at_least_partly_in_the_picture(maker, monkeypatch, style):
    shown: list[float] = []
    labelled: list[str] = []
    stamp, place = letter.stamp, layout.place

    def watched(size, mask, kx, ky, *place):
        roi = stamp(size, mask, kx, ky, *place)
        whole = float(mask.sum()) * kx * ky
        shown.append(float(roi[0].sum()) / whole if roi else 0.0)
        return roi

    def noted(scene: Scene, glyphs) -> None:
        place(scene, glyphs)
        # Of those too that are drawn anew.
        labelled.append(scene.text)

    monkeypatch.setattr(letter, "stamp", watched)
    monkeypatch.setattr(layout, "place", noted)
    for seed in range(150):
        maker.sample(seed, 160, style)
    assert len("".join(labelled)) == np.sum(np.array(shown) > 0.2)
    assert np.mean(np.array(shown) < 0.45) < 0.02


def test_pale_letters_are_told_from_what_is_behind_them(maker):
    palest = []
    for seed in range(60):
        s = Scene(Dice(seed), 48, 160, "WXHM", {"pale-letters": 0.5, "texture": 0.6}, 1.0)
        paint.choose_colours(s)
        layout.place(s, maker.glyphs)
        palest.append(s.palest)
        backdrop.fill(s, maker.textures)
        behind = s.canvas.reshape(-1, 3)[::97].tolist()
        assert max(colours.apart(c, s.paper) for c in behind) < 1.4 * s.palest + 8
    # Where the text's own colour is hardly farther from the paper, none is noted as pale.
    noted = [p for p in palest if p]
    assert len(noted) > 55 and max(noted) < 62 and min(noted) > 10


def test_tiles_build_every_letter(maker):
    for seed in range(300):
        s = Scene(Dice(seed), 60, 300, "aWi", {"tiles": 1.0}, 1.0)
        layout.place(s, maker.glyphs)
        assert all(s.alpha[:, max(0, int(x) - 14) : int(x) + 14].max() > 60 for x, _ in s.centres)


def test_a_sheet_hides_what_is_behind_its_letters_and_shows_their_tops():
    rows = np.array([[0, 0], [1, 1], [2, 0], [3, 3]])  # in the second column the third point rises above the second
    seen, there, side = surface._look_at(rows, 4, 2)
    assert seen.tolist() == [[0, 2], [1, 2], [2, 2], [3, 3]]
    assert there.all()
    assert side.tolist() == [[False, False], [False, False], [False, True], [False, False]]


def test_letters_on_a_sheet_can_be_seen(maker):
    for seed in range(40):
        s = Scene(Dice(seed), 60, 200, "H8K", {"surface": 0.7}, 1.0)
        paint.choose_colours(s)
        layout.place(s, maker.glyphs)
        s.canvas = s.flat(s.paper)
        bare = Scene(Dice(seed), 60, 200, "H8K", {"surface": 0.7}, 1.0, cap=s.cap)
        bare.canvas, bare.alpha, bare.smooth = s.flat(s.paper), np.zeros_like(s.alpha), s.smooth
        bare.dice.setstate(s.dice.getstate())
        surface.draw(s)
        surface.draw(bare)
        assert (np.abs(s.canvas.astype(int) - bare.canvas).max(2) > 12).mean() > 0.01
        assert not s.alpha.any()


def test_a_brushed_letter_has_stems_as_broad_as_the_brush_whatever_its_font(maker):
    for seed in range(40):
        dice = Dice(seed)
        glyph = maker.glyphs.glyph(maker.glyphs.choose(dice, "H", "common"), "H")
        scene = Scene(dice, 48, 144, "H", {"brush": 0.01}, 1.0)
        dice.chance = lambda _: False  # drawn once
        mask = letter.variant(scene, glyph, "H").mask
        row = np.flatnonzero(mask[mask.shape[0] // 3])
        stems = np.split(row, np.flatnonzero(np.diff(row) > 1) + 1)
        # The brush is 3 or 5 pixels broad, a middle line up to 3.
        assert [3 <= len(stem) <= 7 for stem in stems] == [True, True]


def test_letters_that_are_taken_for_each_other_come_together():
    texts = [code(Dice(seed), 6) for seed in range(4000)]
    slender = [t for t in texts if sum(c in "iIlLjJ1tTfFrR7" for c in t) >= 5]
    # Of the other alphabets one text in a thousand would be such a one.
    assert len(slender) > 20


def test_a_brush_leaves_open_what_a_letter_encloses(maker):
    for seed in range(12):
        s = Scene(Dice(seed), 60, 240, "8BO0", {"brush": 1.0}, 1.0)
        s.brush = (7, False)
        for char in s.text:
            glyph = maker.glyphs.glyph(maker.glyphs.choose(s.dice, char), char)
            mask = np.pad(letter.variant(s, glyph, char).mask, 1)
            assert cv2.connectedComponents((mask < 100).astype(np.uint8))[0] >= 3


def test_joints_go_from_letter_to_letter(drawn_on):
    for seed in range(8):
        s = drawn_on("WXHM", {"joints": 1.0}, seed)
        image = np.zeros_like(s.alpha)
        marks.joints(s, image, lambda: 255, 1.0)
        (first, _), (last, _) = s.centres[0], s.centres[-1]
        crossed = image[:, int(first) : int(last)].any(axis=0)
        assert crossed.mean() > 0.3


def test_each_letter_of_cells_is_seen_on_its_own_paper(drawn_on):
    for seed in range(20):
        s = drawn_on("WXHM", {"cells": 0.5}, seed)
        at = [int(x) for x, _ in s.centres]
        papers = [tuple(map(int, s.canvas[2, x])) for x in at]
        inks = [tuple(map(int, s.ink[2, x])) for x in at]
        assert all(colours.apart(ink, paper) > 60 for ink, paper in zip(inks, papers))
        assert len(set(papers)) > 1


def test_a_letter_that_was_cut_away_leaves_a_trace(drawn_on):
    s = drawn_on("WXHM", {}, 3)
    whole = s.alpha.copy()
    x = int(s.centres[1][0])
    s.alpha[:, x - 12 : x + 12] = 0
    paint._keep_traces(s, whole)
    assert s.alpha[:, x - 8 : x + 8].max() > 100
    assert s.alpha.max() == whole.max()


def test_marks_can_be_seen_through(drawn_on):
    clear = 0
    for seed in range(60):
        s = drawn_on("W", {"lines": 0.8}, seed)
        s.canvas[:], s.smooth = 255, False
        paint._lay(s, "lines", lambda: (0, 0, 0))
        clear += 0 < s.canvas.min() < 255
    assert 5 < clear < 30

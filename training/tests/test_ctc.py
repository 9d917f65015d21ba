import numpy as np

from training.ctc import ARITHMETIC, CLASS, LETTERS_AND_DIGITS, collapse, encode, greedy


def test_repeats_merge_and_blanks_part_them():
    a, b = CLASS["a"], CLASS["b"]
    assert collapse([0, a, a, 0, a, b, b, 0]) == "aab"
    assert collapse([0, 0]) == ""


def test_encoding_is_undone_by_collapsing():
    assert collapse([k for c in encode("Aa0×?") for k in (c, 0)]) == "Aa0×?"


def test_greedy_never_leaves_the_charset():
    scores = np.zeros((1, 1, 71), np.float32)
    scores[0, 0, CLASS["O"]] = 3
    scores[0, 0, CLASS["0"]] = 2
    assert greedy(scores) == ["O"]
    assert greedy(scores, "0123456789") == ["0"]


def test_charsets():
    assert len(LETTERS_AND_DIGITS) == 62
    assert set("0+-*×÷/=?x") <= set(ARITHMETIC) and "a" not in ARITHMETIC

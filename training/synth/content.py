"""What a picture says: codes, words and arithmetic of a plausible length."""

from __future__ import annotations

import math

from training.alphabet import DIGITS, LOWER, UPPER
from training.synth.dice import Dice

_CLEAN = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz"
_KINDS: tuple[tuple[float, str], ...] = (
    (0.17, DIGITS),
    (0.12, UPPER),
    (0.11, LOWER),
    (0.14, DIGITS + UPPER),
    (0.13, DIGITS + LOWER),
    (0.12, DIGITS + UPPER + LOWER),
    (0.05, UPPER + LOWER),
    (0.08, _CLEAN),
    (0.04, "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"),
    (0.02, "0123456789ABCDEF"),
    (0.02, "0123456789abcdef"),
    (0.09, "words"),
    (0.09, "alike"),
)
# Letters that are taken for each other, or, slender, for strokes that are no letters.
_ALIKE = ("iIlLjJ1tTfFrR7", "oO0QDCGceauUn", "vVyYwWuUnmMNhkKxX", "gq9yaeEBF83S5sZz2")
_LENGTHS = (0.0, 0.15, 0.35, 0.8, 4.0, 4.0, 3.4, 1.0, 0.9, 0.35, 0.3)
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"


def choose_length(dice: Dice, aspect: float, low: int = 1, high: int = 10) -> int:
    """Number of characters for a picture `aspect` times as wide as high."""
    weights = []
    for n in range(low, high + 1):
        # A letter usually takes 0.6 of the picture's height; half or double of it still occurs.
        off = math.log(aspect / n / 0.62) / 0.42
        weights.append((_LENGTHS[n] + 0.02) * math.exp(-0.5 * off * off))
    return dice.weighted(range(low, high + 1), weights)


def code(dice: Dice, length: int) -> str:
    """A code of `length` characters from one of the usual alphabets."""
    alphabet = dice.weighted([a for _, a in _KINDS], [w for w, _ in _KINDS])
    if alphabet == "words":
        return _word(dice, length)
    if alphabet == "alike":
        return _alike(dice, length)
    return "".join(dice.pick(alphabet) for _ in range(length))


def digits(dice: Dice, length: int) -> str:
    """A code of digits alone."""
    return "".join(dice.pick(DIGITS) for _ in range(length))


def _alike(dice: Dice, length: int) -> str:
    """A code most of whose characters are taken for each other, of one case or of both."""
    group = dice.pick(_ALIKE)
    rest = DIGITS + UPPER + LOWER
    keep = dice.pick((str.lower, str.upper, str))
    return "".join(keep(dice.pick(group if dice.chance(0.65) else rest)) for _ in range(length))


def _word(dice: Dice, length: int) -> str:
    vowel = dice.chance(0.4)
    letters = []
    for _ in range(length):
        letters.append(dice.pick(_VOWELS if vowel else _CONSONANTS))
        vowel = not vowel if dice.chance(0.88) else vowel
    word = "".join(letters)
    return dice.weighted((word, word.upper(), word.capitalize()), (0.6, 0.25, 0.15))


def arithmetic(dice: Dice, aspect: float) -> str:
    """A sum without its answer, such as 7+3=? or 12-5=, as wide as the picture allows."""
    room = max(3, min(10, round(aspect / 0.5)))
    op = dice.weighted("+-*×x÷/", (4.0, 2.6, 1.2, 1.6, 1.6, 0.8, 0.7))
    tail = dice.weighted(("=?", "=", "", "?"), (4.0, 3.0, 2.5, 0.3))
    left, right = _number(dice, room), _number(dice, room)
    text = f"{left}{op}{right}{tail}"
    kind = dice.random()
    if kind < 0.1:
        # The unknown stands within, and what it comes to may lie below 0.
        minus = "-" if op in "+-" and dice.chance(0.15) else ""
        text = f"{left}{op}?={minus}{right}" if kind < 0.05 else f"?{op}{left}={minus}{right}"
    elif kind < 0.13:
        text = f"-{text}"
    if len(text) > room:
        text = f"{left % 10}{op}{right % 10}{tail}"
    if len(text) > room:
        text = text[:3] + ("=" if room > 3 and dice.chance(0.5) else "")
    return text[:10]


def _number(dice: Dice, room: int) -> int:
    digits = dice.weighted((1, 2, 3), (3.0, 1.2 if room >= 5 else 0.2, 0.1 if room >= 8 else 0.0))
    return dice.whole(0 if digits == 1 else 10 ** (digits - 1), 10**digits - 1)

"""Between strings and the net's classes: class 0 is the CTC blank, class i + 1 is CHARS[i]."""

from collections.abc import Iterable

import numpy as np

from training.alphabet import CHARS

CLASS = {c: i + 1 for i, c in enumerate(CHARS)}
LETTERS_AND_DIGITS = "".join(c for c in CHARS if c.isascii() and c.isalnum())
ARITHMETIC = "".join(c for c in CHARS if not (c.isascii() and c.isalpha())) + "xX"


def encode(text: str) -> list[int]:
    """Classes of the characters of `text`."""
    return [CLASS[c] for c in text]


def collapse(path: Iterable[int]) -> str:
    """The text of one class a step: repeats merged, blanks dropped."""
    out, last = [], 0
    for k in path:
        if k != last and k:
            out.append(CHARS[k - 1])
        last = k
    return "".join(out)


def barred(charset: str) -> np.ndarray:
    """(71,) bool: the classes that a reading limited to `charset` may not use; the blank stays allowed."""
    mask = np.ones(len(CHARS) + 1, bool)
    mask[[0, *encode(charset)]] = False
    return mask


def greedy(scores: np.ndarray, charset: str = CHARS) -> list[str]:
    """(N, T, 71) logits or log-probabilities -> N texts, the best class of each step, limited to `charset`."""
    return [collapse(path) for path in np.where(barred(charset), -np.inf, scores).argmax(-1).tolist()]

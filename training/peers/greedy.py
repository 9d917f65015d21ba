"""Greedy CTC for the peers' own alphabets."""

from collections.abc import Sequence


def collapse(path: Sequence[int], classes: Sequence[str], blank: int = 0) -> str:
    """The text of one class a step: repeats merged, blanks dropped."""
    kept = (k for k, before in zip(path, [None, *path]) if k != before and k != blank)
    return "".join(classes[k] for k in kept)

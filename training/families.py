"""Exact match on the development corpora while a net trains."""

from pathlib import Path

import numpy as np

from training.corpus import Family, load_corpus
from training.ctc import greedy
from training.net import TextNet
from training.picture import to_input
from training.reading import Scorer, score_all, torch_scorer

FEW = 24  # images a family that are looked at each time


def read_family(score: Scorer, family: Family) -> list[bool]:
    """Which of the family's images are read right."""
    items = family.images
    inputs = [to_input(item.image) for item in items]
    readings = [greedy(s[None], family.charset)[0] for s in score_all(score, inputs)]
    return [family.right(item, reading) for item, reading in zip(items, readings)]


class CorpusCheck:
    """Reads from disk each time: the pictures would take half a gigabyte of memory between two checks."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, net: TextNet, whole: bool) -> dict[str, tuple[float, float]]:
        """By family: share read right of its first FEW images, and of all if `whole` (else the same again)."""
        score = torch_scorer(net)
        exact = {}
        for family in load_corpus(self.root, None if whole else FEW):
            right = read_family(score, family)
            exact[family.name] = float(np.mean(right[:FEW])), float(np.mean(right))
        return exact

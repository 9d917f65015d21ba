"""Exact match on the development corpora while a net trains."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.corpus import Family, load_corpus
from training.ctc import greedy
from training.net import TextNet
from training.picture import HEIGHT, TALL, to_input
from training.reading import Scorer, score_all, torch_scorer

FEW = 24  # images a family that are looked at each time


def read_family(score: Scorer, family: Family, height: int) -> list[bool]:
    """Which of the family's images are read right from `height` rows."""
    items = family.images
    inputs = [to_input(item.image, height=height) for item in items]
    readings = [greedy(s[None], family.charset)[0] for s in score_all(score, inputs)]
    return [family.right(item, reading) for item, reading in zip(items, readings)]


@dataclass(frozen=True)
class Exact:
    """Shares read right: of the first FEW images, of every one, and of the first FEW from TALL rows."""

    few: float
    every: float
    tall: float


class CorpusCheck:
    """Reads from disk each time: the pictures would take half a gigabyte of memory between two checks."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, net: TextNet, whole: bool) -> dict[str, Exact]:
        """By family; `every` is `few` again unless `whole`."""
        score = torch_scorer(net)
        exact = {}
        for family in load_corpus(self.root, None if whole else FEW):
            right = read_family(score, family, HEIGHT)
            closer = read_family(score, replace(family, images=family.images[:FEW]), TALL)
            exact[family.name] = Exact(float(np.mean(right[:FEW])), float(np.mean(right)), float(np.mean(closer)))
        return exact

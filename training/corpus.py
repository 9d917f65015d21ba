"""Folders of real captchas with their labels: for looking, tuning and measuring, never for training."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.ctc import ARITHMETIC, LETTERS_AND_DIGITS
from training.metric import answer, exact
from training.picture import decode


@dataclass(frozen=True)
class Labelled:
    image: np.ndarray  # (H, W, 3) uint8 BGR, native size
    label: str
    case_sensitive: bool

    def any_case(self) -> "Labelled":
        """The same, with letter case not mattering."""
        return replace(self, case_sensitive=False)


@dataclass(frozen=True)
class Family:
    """The images of one generator; in an arithmetic family the label is the answer."""

    name: str
    images: list[Labelled]
    arithmetic: bool

    @property
    def charset(self) -> str:
        return ARITHMETIC if self.arithmetic else LETTERS_AND_DIGITS

    def right(self, item: Labelled, reading: str) -> bool:
        if self.arithmetic:
            return answer(reading) == item.label
        return exact(reading, item.label, item.case_sensitive)


def load_family(folder: Path, limit: int | None = None) -> Family:
    """The family in `folder`: its first `limit` images, or all."""
    with open(folder / "labels.tsv", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    images = [
        Labelled(decode(folder / row["file"]), row["label"], row["case_sensitive"] == "1") for row in rows[:limit]
    ]
    return Family(folder.name, images, "expression" in rows[0])


def load_corpus(root: Path, limit: int | None = None) -> list[Family]:
    """Every text family under `root`; folders whose labels have no `label` column are other puzzles."""
    families = []
    for listing in sorted(root.glob("*/labels.tsv")):
        if "label" in listing.open().readline().rstrip("\n").split("\t"):
            families.append(load_family(listing.parent, limit))
    return families

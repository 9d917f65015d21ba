"""Exact match by family on folders of captchas.

    python -m training.evaluate MODEL --corpus DIR [--limit N] [--stretch F] [--least PIXELS] [--height ROWS] [--misses]

MODEL is a run's checkpoint.pt, the kept text.fp16.pt, an exported .onnx, or `start` for PP-OCRv6's weights.
Reads as the server does at its first look: close up, 48 rows, width in proportion, greedy; of animations only the first
frame, so that those whose frames hide characters in turn are not read at all.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.corpus import Family, load_corpus
from training.ctc import greedy
from training.picture import COMFORTABLE, HEIGHT, target_width, to_input
from training.reading import Scorer, onnx_scorer, score_all, torch_scorer

Width = Callable[[int, int], int]  # native width and height -> columns of input


@dataclass(frozen=True)
class Result:
    """A family's figures: exact match in percent as labelled, and with letter case ignored."""

    n: int
    exact: float
    any_case: float
    ms: float
    misses: list[tuple[str, str]]  # label, reading


def evaluate(score: Scorer, family: Family, width: Width = target_width, height: int = HEIGHT) -> Result:
    """Reads every image of `family`."""
    inputs = [to_input(item.image, width, height) for item in family.images]
    start = time.perf_counter()
    scores = score_all(score, inputs, batch=8)
    ms = (time.perf_counter() - start) * 1000 / len(inputs)
    readings = [greedy(s[None], family.charset)[0] for s in scores]
    right = [family.right(item, reading) for item, reading in zip(family.images, readings)]
    folded = [family.right(item.any_case(), reading) for item, reading in zip(family.images, readings)]
    misses = [(item.label, reading) for item, reading, ok in zip(family.images, readings, right) if not ok]
    return Result(len(inputs), 100 * float(np.mean(right)), 100 * float(np.mean(folded)), ms, misses)


def scorer(model: str) -> Scorer:
    """What MODEL names."""
    if model.endswith((".onnx", ".onnx.br")):
        return onnx_scorer(Path(model))
    from training.checkpoint import averaged_net
    from training.start import starting_net

    net = starting_net().eval() if model == "start" else averaged_net(Path(model))[0]
    return torch_scorer(net, exact=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.evaluate")
    parser.add_argument("model")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="first images of each family (default: all)")
    parser.add_argument("--stretch", type=float, default=1.0, help="widen by this factor")
    parser.add_argument("--least", type=int, default=COMFORTABLE, help="columns that narrow pictures are stretched to")
    parser.add_argument("--height", type=int, default=HEIGHT, help="rows of input")
    parser.add_argument("--misses", action="store_true", help="print label and reading of up to 12 misses a family")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    score = scorer(chosen.model)

    def width(w: int, h: int) -> int:
        return target_width(w, h, chosen.stretch, chosen.least)

    results = {}
    for family in load_corpus(chosen.corpus, chosen.limit):
        result = results[family.name] = evaluate(score, family, width, chosen.height)
        print(
            f"{family.name:24} {result.n:4} {result.exact:6.1f} {result.any_case:6.1f} {result.ms:6.1f} ms", flush=True
        )
        if chosen.misses:
            print("   ", " ".join(f"{label}:{reading}" for label, reading in result.misses[:12]))
    mean = float(np.mean([r.exact for r in results.values()]))
    folded = float(np.mean([r.any_case for r in results.values()]))
    ms = float(np.mean([r.ms for r in results.values()]))
    print(f"{'mean':24} {len(results):4} {mean:6.1f} {folded:6.1f} {ms:6.1f} ms")
    if chosen.json:
        rows = {
            name: {"n": r.n, "exact": r.exact, "exactNoCase": r.any_case, "ms": r.ms} for name, r in results.items()
        }
        chosen.json.write_text(json.dumps({"mean": mean, "families": rows}, indent=1))


if __name__ == "__main__":
    main()

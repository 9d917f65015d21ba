"""Other recognisers on the same folders, as the table of docs/accuracy.md.

    pip install -r training/peers/requirements.txt
    python -m training.peers.measure --corpus DIR [--ours FILE.json] [--peers NAME …] [--limit N] [--json FILE]

--ours: what `npm run eval -- --json FILE` wrote, set beside the peers. Each peer gets the first frame on white and
the same alphabet: letters and digits, or digits and operators for arithmetic. One thread.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from training.corpus import Family, load_corpus

Reader = Callable[[np.ndarray, str], str]
SLOW = 60  # images a family for a peer that takes a tenth of a second each


def opened(peer: str) -> Reader:
    """The peer of this name; its package is loaded only now."""
    if peer == "PP-OCRv6":
        from training.peers.paddle import reader

        return reader()
    if peer.startswith("ddddocr"):
        from training.peers.dddd import reader

        return reader(new=peer.endswith("new"))
    if peer == "captcha-whisperer":
        from training.peers.whisperer import reader

        return reader()
    from training.peers.tesseract import reader

    return reader()


PEERS = ["PP-OCRv6", "ddddocr old", "ddddocr new", "captcha-whisperer", "tesseract"]


def measured(read: Reader, family: Family, limit: int | None) -> dict[str, float]:
    """A family's figures in the shape that `npm run eval` writes."""
    items = family.images[:limit]
    start = time.perf_counter()
    readings = [read(item.image, family.charset) for item in items]
    ms = (time.perf_counter() - start) * 1000 / len(items)
    exact = np.mean([family.right(item, reading) for item, reading in zip(items, readings)])
    folded = np.mean([family.right(item.any_case(), reading) for item, reading in zip(items, readings)])
    return {"n": len(items), "exact": 100 * float(exact), "exactNoCase": 100 * float(folded), "ms": ms}


def cell(figures: dict[str, float] | None) -> str:
    """Exact match; in brackets with letter case ignored, where that differs."""
    if figures is None:
        return "–"
    exact, folded = round(figures["exact"]), round(figures["exactNoCase"])
    return f"{exact}" if exact == folded else f"{exact} ({folded})"


def table(columns: dict[str, dict[str, dict[str, float]]]) -> str:
    """Markdown: a line a family, a column a recogniser, the means last."""
    names = list(dict.fromkeys(name for figures in columns.values() for name in figures))
    lines = ["| family | " + " | ".join(columns) + " |", "|---|" + "--:|" * len(columns)]
    lines += [f"| {n} | " + " | ".join(cell(figures.get(n)) for figures in columns.values()) + " |" for n in names]
    for title, key in (("**mean**", "exact"), ("letter case ignored", "exactNoCase"), ("ms an image", "ms")):
        means = [float(np.mean([f[key] for f in figures.values()])) for figures in columns.values()]
        lines.append(f"| {title} | " + " | ".join(f"{mean:.1f}" for mean in means) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.peers.measure")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--ours", type=Path)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    families = load_corpus(chosen.corpus, chosen.limit)
    columns = {}
    if chosen.ours:
        ours = json.loads(chosen.ours.read_text())["families"]
        # Texts alone: eval measures visual puzzles too, which no peer here reads.
        columns["Legible"] = {family.name: ours[family.name] for family in families}
    for peer in chosen.peers:
        read = opened(peer)
        limit = min(SLOW, chosen.limit or SLOW) if peer == "tesseract" else chosen.limit
        columns[peer] = {family.name: measured(read, family, limit) for family in families}
    print(table(columns))
    if chosen.json:
        chosen.json.write_text(json.dumps(columns, indent=1))


if __name__ == "__main__":
    main()

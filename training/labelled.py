"""Writes synthetic pictures as a folder that `npm run calibrate` and `npm run eval` read.

    python -m training.labelled FOLDER [--count 2000]

They come from seeds that neither training, validation nor quantisation draws from. Arithmetic is left out: the
server reads it by other rules.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from training.batches import DIFFICULTY, draw_width
from training.synth import STYLES, Synthesiser

FIRST_SEED = 1 << 43


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.labelled")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=2000)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    synthesiser = Synthesiser()
    rows = ["file\tlabel\tcase_sensitive"]
    seed = FIRST_SEED
    while len(rows) <= chosen.count:
        rng = np.random.default_rng(seed)
        width, difficulty = draw_width(rng), rng.uniform(*DIFFICULTY)
        # As sites serve them: further looks see more of a picture that has not been made small.
        made = synthesiser.native(seed, width, STYLES[seed % len(STYLES)], difficulty)
        seed += 1
        if made.text.isascii() and made.text.isalnum():
            name = f"{len(rows):05}.png"
            cv2.imwrite(str(chosen.folder / name), made.image)
            rows.append(f"{name}\t{made.text}\t1")
    (chosen.folder / "labels.tsv").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()

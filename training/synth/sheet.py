"""Writes contact sheets to look at: python -m training.synth.sheet FOLDER [--styles a,b] [--rows 14]"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from training.synth import STYLES, Synthesiser

_WIDTHS = (96, 120, 144, 144, 160, 176, 200, 240)


def sheet(maker: Synthesiser, style: str | None, rows: int, start: int, difficulty: float) -> np.ndarray:
    """Pictures of one style with their texts above them, uint8 (rows * 64, sum of widths, 3)."""
    lines = []
    for r in range(rows):
        cells = []
        for c, width in enumerate(_WIDTHS):
            made = maker.sample(start + r * len(_WIDTHS) + c, width, style, difficulty=difficulty)
            head = np.full((16, width, 3), 70, np.uint8)
            said = made.text.replace("×", "(x)").replace("÷", "(:)")
            cv2.putText(
                head,
                said if style else f"{said} {made.style}",
                (2, 12),
                cv2.FONT_HERSHEY_SIMPLEX,
                0.4,
                (255, 255, 255),
                1,
            )
            cells.append(np.pad(np.vstack([head, made.image]), ((0, 2), (0, 4), (0, 0)), constant_values=90))
        lines.append(np.hstack(cells))
    return np.vstack(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--styles", default="", help="comma-separated; 'all' mixes them; default each one")
    parser.add_argument("--rows", type=int, default=10)
    parser.add_argument("--start", type=int, default=10_000)
    parser.add_argument("--difficulty", type=float, default=1.0)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    maker = Synthesiser()
    for style in args.styles.split(",") if args.styles else STYLES:
        began = time.perf_counter()
        picture = sheet(maker, None if style == "all" else style, args.rows, args.start, args.difficulty)
        ms = (time.perf_counter() - began) * 1000 / (args.rows * len(_WIDTHS))
        cv2.imwrite(str(args.folder / f"{style}.png"), picture)
        print(f"{style}: {ms:.2f} ms an image")


if __name__ == "__main__":
    main()

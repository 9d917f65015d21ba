"""Photographs to draw on: python -m training.click.photos OUT.pickle PICTURE_OR_FOLDER…

Those of the nets in models/ came from Debian's gnome-backgrounds, lomiri-wallpapers-16.04, mate-backgrounds,
plasma-workspace-wallpapers and ukui-wallpapers and from the sample pictures of scikit-image and scikit-learn.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SHORTER = 560
KINDS = {".jpg", ".jpeg", ".png", ".webp"}


def open_small(path: Path) -> np.ndarray | None:
    """As RGB, the shorter side SHORTER at most; none for what is too small or shows nothing."""
    image = Image.open(path)
    if min(image.size) < 200:
        return None
    image.draft("RGB", (1200, 1200))
    image = image.convert("RGB")
    scale = min(1, SHORTER / min(image.size))
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    pixels = np.asarray(image)
    return pixels if pixels.std() >= 12 else None


def main(out: str, *sources: str) -> None:
    found: list[np.ndarray] = []
    names: list[str] = []
    seen: set[bytes] = set()
    for source in map(Path, sources):
        for path in [source] if source.is_file() else sorted(source.rglob("*")):
            if path.suffix.lower() not in KINDS or path.is_symlink() or path.stat().st_size < 30_000:
                continue
            pixels = open_small(path)
            if pixels is None:
                continue
            # Desktops ship a picture in many sizes.
            gist = np.asarray(Image.fromarray(pixels).resize((4, 4))).tobytes()
            if gist not in seen:
                seen.add(gist)
                found.append(pixels)
                names.append(path.name)
    with open(out, "wb") as file:
        pickle.dump((found, names), file)
    print(f"{len(found)} photographs")


if __name__ == "__main__":
    main(sys.argv[1], *sys.argv[2:])

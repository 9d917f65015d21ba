"""Image files -> the net's input."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from training.closeup import close_up
from training.flatten import flatten

HEIGHT = 48  # rows of the net's input at the first look
TALL = 64  # and at a closer one
HEIGHTS = (HEIGHT, TALL)
# Rows of a further look at a picture that is no wider than NARROW at HEIGHT rows: its letters are small there.
HIGHEST, NARROW = 96, 120
STRIDE = 8  # columns of input for each step of output
NARROWEST, WIDEST = 48, 480  # columns
COMFORTABLE, WIDENED = 128, 1.6


def decode(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 BGR of the first frame, as src/recognize/decode.ts opens it."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image) if image.format in ("JPEG", "PNG") else image
        if upright.mode.startswith("I;16"):
            upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))  # Pillow would cut off at 255
        rgba = np.asarray(upright.convert("RGBA"))
    return np.ascontiguousarray(flatten(rgba)[:, :, ::-1])


def target_width(width: int, height: int, stretch: float = 1.0, least: int = COMFORTABLE) -> int:
    """Columns after resizing to HEIGHT rows in proportion, times `stretch`, a multiple of 8.

    Narrow pictures are stretched to `least` columns, by WIDENED at most: crowded letters need steps of their own.
    """
    proportional = HEIGHT * width / height
    columns = max(proportional, min(least, proportional * WIDENED)) * stretch
    return -(-min(max(int(columns + 0.5), NARROWEST), WIDEST) // STRIDE) * STRIDE


def to_input(image: np.ndarray, width: Callable[[int, int], int] = target_width, height: int = HEIGHT) -> np.ndarray:
    """What the net gets of a picture, (height, W, 3): its text from near, in proportion.

    `width` tells the columns for HEIGHT rows.
    """
    near = close_up(image)
    return resize(near, scaled(width(near.shape[1], near.shape[0]), height), height)


def scaled(width: int, height: int) -> int:
    """Columns at `height` rows of what has `width` at HEIGHT, a multiple of 8."""
    return round(width * height / HEIGHT / STRIDE) * STRIDE


def resize(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """(height, width, 3): averaged where it shrinks, cubic where it grows."""
    shrinks = image.shape[0] > height
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)

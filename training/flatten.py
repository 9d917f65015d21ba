"""What is transparent, laid on the likeliest ground; src/recognize/flatten.ts does the same, and where it doubts reads
the picture on two."""

import numpy as np

LEAST_CONTRAST = 24  # between the darkest and the lightest pixel: with less there is nothing to read
WHITE, GREY, BLACK = 255, 128, 0


def flatten(rgba: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 of (H, W, 4): on white, or where that hides most of the drawing on black or grey."""
    on_white, on_black = lay_on(WHITE, rgba), lay_on(BLACK, rgba)
    if not is_pale_lettering(rgba) and contrast(on_white) >= LEAST_CONTRAST:
        return on_white
    return on_black if contrast(on_black) >= LEAST_CONTRAST else lay_on(GREY, rgba)


def is_pale_lettering(rgba: np.ndarray) -> bool:
    """Whether white hides most of what is drawn, and that is no sheet: it takes less than half of the picture."""
    alpha = rgba[:, :, 3] / 255
    drawn = alpha.sum()
    pale = alpha[(255 - rgba[:, :, :3].min(axis=2)) * alpha < LEAST_CONTRAST].sum()
    return bool(pale > drawn / 2 and drawn < alpha.size / 2)


def lay_on(ground: int, rgba: np.ndarray) -> np.ndarray:
    alpha = rgba[:, :, 3:].astype(np.int32)
    return ((rgba[:, :, :3] * alpha + ground * (255 - alpha)) / 255 + 0.5).astype(np.uint8)


def contrast(rgb: np.ndarray) -> int:
    return int(np.ptp(rgb.reshape(-1, 3), axis=0).max())

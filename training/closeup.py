"""The part of a picture that holds its text; src/recognize/closeUp.ts does the same."""

import numpy as np

EDGE = 24  # least difference of neighbouring pixels, in any channel, that counts
BORDER = 2  # pixels at the rim that do not: a frame is not text
OUTSIDE = 0.03  # share of all differences that may lie beyond each side of the text
MARGIN = 0.18  # of the text's height, left around it
LARGE = 0.6  # of the picture's height: text that takes more of it is left as it is


def close_up(image: np.ndarray) -> np.ndarray:
    """A view of `image` (H, W, 3) uint8 around its text where that is small, else the image itself."""
    box = around_text(image)
    return image[box] if box else image


def around_text(image: np.ndarray) -> tuple[slice, slice] | None:
    """Rows and columns of `image` (H, W, 3) uint8 around its text, None where that is large."""
    h, w = image.shape[:2]
    if min(h, w) < 2 * BORDER + 4:
        return None
    inner = image[BORDER : h - BORDER, BORDER : w - BORDER].astype(np.int16)
    here = inner[:-1, :-1]
    steps = np.maximum(np.abs(inner[:-1, 1:] - here), np.abs(inner[1:, :-1] - here)).max(axis=2)
    steps[steps <= EDGE] = 0
    top, bottom = _span(steps.sum(axis=1, dtype=np.int64))
    left, right = _span(steps.sum(axis=0, dtype=np.int64))
    tall = bottom - top
    if tall < 8 or right - left < 8 or tall > LARGE * h:
        return None
    more = int(MARGIN * tall + 0.5)
    return np.s_[max(0, top - more) : min(h, bottom + more + 1), max(0, left - more) : min(w, right + more + 1)]


def _span(sums: np.ndarray) -> tuple[int, int]:
    """First and last place, in pixels of the picture, with OUTSIDE of the whole before and after it."""
    least = OUTSIDE * sums.sum()
    first = int(np.argmax(np.cumsum(sums) >= least))
    last = len(sums) - 1 - int(np.argmax(np.cumsum(sums[::-1]) >= least))
    return first + BORDER, last + BORDER

"""Letter masks of every font, and the cache they are kept in.

glyphs.npz holds everything, compressed, and is all that another machine needs. The pixels of all
masks are unpacked from it into one flat file that processes map into memory and share; the index
says where each mask is and how it sits on the baseline.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.alphabet import CHARS, DIGITS, LOWER, OPERATORS, UPPER

CAP = 40
"""Height in pixels to which capitals are rendered."""

CACHE = Path(__file__).resolve().parents[1] / ".cache"
TAGS = ("common", "bitmap", "script", "display")
"""Kinds of font that a picture may ask for; a font has one at most."""

_DEJAVU = Path("/usr/share/fonts/truetype/dejavu")


@dataclass(frozen=True)
class Glyph:
    """mask: uint8 (h, w), 255 inside. left, top: pixels from the pen position and from the
    baseline (down is positive) to the mask's corner. advance: pixels to the next pen position."""

    mask: np.ndarray
    left: float
    top: float
    advance: float


@dataclass
class FontIndex:
    """Metrics of n fonts x 70 characters; `present` says which characters a font may draw."""

    names: list[str]
    tags: np.ndarray
    present: np.ndarray
    offset: np.ndarray
    shape: np.ndarray
    metric: np.ndarray


class GlyphSet:
    """Many fonts. `glyph(font, char)` gives one mask, `choose(rng, text, tag)` a font for a text."""

    def __init__(self, pixels: np.ndarray, index: FontIndex) -> None:
        self.pixels, self.index = pixels, index
        self._groups: dict[tuple[str, str | None], np.ndarray] = {}
        self._cells: dict[int, Glyph] = {}

    @classmethod
    def cached(cls, folder: Path = CACHE) -> GlyphSet:
        """All fonts. SystemExit where there is no cache: a net trained on two dozen would look like any other."""
        if not (folder / "glyphs.npz").exists():
            raise SystemExit(f"no glyphs in {folder}: run python -m training.fonts")
        return cls(*load(folder))

    @classmethod
    def dejavu(cls) -> GlyphSet:
        """The fonts of Debian's fonts-dejavu packages alone, as in tests."""
        return cls(*pack([render_font(path) for path in dejavu_files()]))

    def __len__(self) -> int:
        return len(self.index.names)

    def glyph(self, font: int, char: str) -> Glyph:
        i = CHARS.index(char)
        key = font * len(CHARS) + i
        found = self._cells.get(key)
        if found is None:
            at, (h, w) = int(self.index.offset[font, i]), self.index.shape[font, i]
            left, top, advance = self.index.metric[font, i]
            mask = np.asarray(self.pixels[at : at + int(h) * int(w)]).reshape(int(h), int(w))
            found = Glyph(mask, float(left), float(top), float(advance))
            self._cells[key] = found
        return found

    def choose(self, rng, text: str, tag: str | None = None) -> int:
        """A font that can draw `text`; of kind `tag` where there is one."""
        need = "".join(
            name
            for name, chars in (("d", DIGITS), ("u", UPPER), ("l", LOWER), ("o", OPERATORS))
            if any(c in chars for c in text)
        )
        group = self._group(need, tag)
        return int(group[int(rng.random() * len(group))])

    def _group(self, need: str, tag: str | None) -> np.ndarray:
        found = self._groups.get((need, tag))
        if found is None:
            ok = np.ones(len(self), bool)
            for name, chars in (("d", DIGITS), ("u", UPPER), ("l", LOWER), ("o", OPERATORS)):
                if name in need:
                    ok &= self.index.present[:, [CHARS.index(c) for c in chars]].all(1)
            if tag is not None and (ok & (self.index.tags == tag)).any():
                ok &= self.index.tags == tag
            found = np.flatnonzero(ok if ok.any() else np.ones(len(self), bool))
            self._groups[(need, tag)] = found
        return found


def dejavu_files() -> list[Path]:
    found = sorted(_DEJAVU.glob("DejaVu*.ttf"))
    if not found:
        raise FileNotFoundError(f"no fonts in {_DEJAVU}: install fonts-dejavu")
    return found


def render_font(path: Path) -> dict:
    """Draws all 70 characters of a font file at capitals of CAP pixels.

    The result holds 'name', 'glyphs' (Glyph or None by character) and 'bitmap' (True where the
    font has fixed sizes only). Raises OSError or ValueError where the file cannot be used.
    """
    from PIL import Image, ImageDraw, ImageFont

    font, zoom = _open(path, ImageFont)
    draw_space = Image.new("L", (8 * CAP // zoom + 16, 5 * CAP // zoom + 16))
    pen = ImageDraw.Draw(draw_space)
    x0, y0 = 2 * CAP // zoom, 3 * CAP // zoom
    notdef = bytes(font.getmask("\uffff"))
    glyphs: list[Glyph | None] = []
    for char in CHARS:
        pen.rectangle((0, 0, *draw_space.size), fill=0)
        pen.text((x0, y0), char, fill=255, font=font, anchor="ls")
        full = np.asarray(draw_space)
        rows, cols = np.flatnonzero(full.max(1) > 40), np.flatnonzero(full.max(0) > 40)
        if len(rows) == 0 or bytes(font.getmask(char)) == notdef:
            glyphs.append(None)
            continue
        box = full[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1].copy()
        if zoom > 1:
            box = np.kron(box, np.ones((zoom, zoom), np.uint8))
        glyphs.append(
            Glyph(
                box,
                float(cols[0] - x0) * zoom,
                float(rows[0] - y0) * zoom,
                float(font.getlength(char)) * zoom,
            )
        )
    return {"name": path.name, "glyphs": glyphs, "bitmap": zoom > 1}


def _open(path: Path, image_font):
    """The font at the size whose capitals are CAP high, and the factor its pixels are enlarged."""
    try:
        probe = image_font.truetype(str(path), 100)
        box = probe.getbbox("H")
        high = box[3] - box[1]
        if high < 20:
            raise ValueError(f"{path.name}: no capital H")
        return image_font.truetype(str(path), max(8, round(100 * CAP / high))), 1
    except OSError:
        pass
    for size in range(24, 5, -1):
        try:
            font = image_font.truetype(str(path), size)
        except OSError:
            continue
        box = font.getbbox("H")
        high = box[3] - box[1]
        if high < 4:
            raise ValueError(f"{path.name}: no capital H")
        return font, max(2, round(CAP / high))
    raise OSError(f"{path.name}: cannot be opened")


def pack(fonts: list[dict], folder: Path | None = None) -> tuple[np.ndarray, FontIndex]:
    """Lays the masks of rendered fonts end to end; writes them to `folder` when one is given.

    A font may carry 'tag' (one of TAGS) and 'present' (bool (70,)), which narrows what it draws.
    """
    n, k = len(fonts), len(CHARS)
    offset = np.zeros((n, k), np.int64)
    shape = np.ones((n, k, 2), np.int32)
    metric = np.zeros((n, k, 3), np.float32)
    present = np.zeros((n, k), bool)
    parts, at = [np.zeros(1, np.uint8)], 1
    for f, font in enumerate(fonts):
        for i, glyph in enumerate(font["glyphs"]):
            if glyph is None:
                continue
            present[f, i] = True
            offset[f, i], shape[f, i] = at, glyph.mask.shape
            metric[f, i] = glyph.left, glyph.top, glyph.advance
            parts.append(glyph.mask.ravel())
            at += glyph.mask.size
        if "present" in font:
            present[f] &= font["present"]
    tags = np.array([font.get("tag", "") for font in fonts])
    names = [font["name"] for font in fonts]
    pixels = np.concatenate(parts)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            folder / "new.npz",
            names=np.array(names),
            tags=tags,
            present=present,
            offset=offset,
            shape=shape,
            metric=metric,
            pixels=pixels,
            print=zlib.crc32(pixels),
        )
        (folder / "new.npz").replace(folder / "glyphs.npz")
    return pixels, FontIndex(names, tags, present, offset, shape, metric)


def load(folder: Path) -> tuple[np.ndarray, FontIndex]:
    """The cache in `folder`; its pixels are unpacked once and then mapped read-only by everyone."""
    with np.load(folder / "glyphs.npz") as z:
        flat = folder / f"glyphs-{int(z['print']):08x}.npy"
        if not flat.exists():
            # Other processes may be doing the same, or have an older file mapped: never write in place.
            part = folder / f"{os.getpid()}.npy"
            np.save(part, z["pixels"])
            part.replace(flat)
        index = FontIndex([str(s) for s in z["names"]], z["tags"], z["present"], z["offset"], z["shape"], z["metric"])
    return np.load(flat, mmap_mode="r"), index

"""What happens to a finished picture: compression, blur, few colours, coarse pixels, noise."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from training.synth import colours
from training.synth.dice import Dice
from training.synth.scene import Scene

_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.int16)


def blur(s: Scene, strength: float) -> None:
    dice = s.dice
    kind = dice.random()
    most = s.cap * (0.02 + 0.045 * strength)
    if kind < 0.55:
        s.canvas = cv2.GaussianBlur(s.canvas, (0, 0), max(0.35, dice.u(0.5, 1.0) * most))
    elif kind < 0.8:
        k = max(2, round(1.6 * most))
        s.canvas = cv2.blur(s.canvas, (k, k) if dice.chance(0.5) else ((k, 1) if dice.chance(0.5) else (1, k)))
    else:
        # Down and up again, as when a page scales its image.
        k = max(0.3, min(0.9, 9.0 / s.cap * dice.u(0.9, 1.6)))
        small = cv2.resize(
            s.canvas,
            None,
            fx=k,
            fy=k,
            interpolation=dice.pick((cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_NEAREST))
            if k > 0.6
            else cv2.INTER_AREA,
        )
        s.canvas = cv2.resize(
            small, (s.w, s.h), interpolation=dice.pick((cv2.INTER_LINEAR, cv2.INTER_NEAREST, cv2.INTER_CUBIC))
        )


def filtered(s: Scene, strength: float) -> None:
    """One 3x3 kernel over all: sharpened, embossed, or edges alone, as image libraries have them by name."""
    dice, kind = s.dice, s.dice.random()
    here = s.canvas.astype(np.float32)
    if kind < 0.4 or s.cap < 14:
        soft = cv2.GaussianBlur(here, (0, 0), max(0.6, s.cap * dice.u(0.02, 0.08)))
        here += (here - soft) * np.float32(0.5 + 3 * strength * dice.random())
    else:
        # As strong as needed for the text to be seen, whatever its colours.
        gain = min(4.0, dice.u(130, 250) / max(30.0, colours.apart(s.paper, s.colour)))
        if kind < 0.7:
            dx, dy = dice.pick(((1, 1), (1, 0), (0, 1), (1, -1)))
            move = np.array([[1, 0, 2 * dx], [0, 1, 2 * dy]], np.float32)
            moved = cv2.warpAffine(here, move, (s.w, s.h), borderMode=cv2.BORDER_REPLICATE)
            slope = (here - moved) * np.float32(dice.sign() * gain * 0.7)
            here = slope + (here * np.float32(dice.u(0.3, 0.9)) if dice.chance(0.3) else np.float32(dice.u(100, 150)))
        else:
            edge = cv2.morphologyEx(s.canvas, cv2.MORPH_GRADIENT, np.ones((2, 2) if s.cap < 30 else (3, 3), np.uint8))
            here = edge.astype(np.float32) * np.float32(gain)
            here = np.float32(255) - here if dice.chance(0.5) else here
        if dice.chance(0.5):
            here[:] = here.mean(axis=2, keepdims=True)
    s.canvas = np.clip(here, 0, 255).astype(np.uint8)


def jpeg(s: Scene, strength: float) -> None:
    quality = int(s.dice.u(92 - 74 * strength, 92))
    if s.cap < 14:
        quality = max(quality, 45)
    data = cv2.imencode(".jpg", s.canvas, (cv2.IMWRITE_JPEG_QUALITY, quality))[1]
    s.canvas = cv2.imdecode(data, cv2.IMREAD_COLOR)


def noise(s: Scene, strength: float) -> None:
    """Sensor-like noise, grey or coloured."""
    dice = s.dice
    reach = (4 + 22 * strength) * min(1.0, colours.apart(s.paper, s.colour) / 120) / 42
    if dice.chance(0.5):
        grain = dice.gauss_field(s.h, s.w, 3).astype(np.float32)
    else:
        grain = np.repeat(dice.gauss_field(s.h, s.w, 1), 3, 2).astype(np.float32)
    grain *= np.float32(reach)
    grain += s.canvas
    s.canvas = np.clip(grain, 0, 255, out=grain).astype(np.uint8)


def threshold(s: Scene, strength: float) -> None:
    """Two colours only, sometimes of a blurred picture, so that shapes swell, merge and fray."""
    dice = s.dice
    grey = _axis(s)
    if dice.chance(0.4):
        grey = cv2.GaussianBlur(grey, (0, 0), max(0.4, 0.03 * s.cap * (0.5 + strength)))
    inside = cv2.threshold(s.alpha, 150, 255, cv2.THRESH_BINARY)[1]
    if not cv2.countNonZero(inside) or colours.apart(s.paper, s.colour) < 10:
        # Hairlines, or faces in the paper's colour: no level would part the text from the paper.
        return
    text, other = cv2.mean(grey, inside)[0], cv2.mean(grey, 255 - inside)[0]
    level = other + (text - other) * dice.u(0.35, 0.65)
    two = cv2.threshold(grey, level, 255, cv2.THRESH_BINARY if text > other else cv2.THRESH_BINARY_INV)[1]
    if dice.chance(0.5):
        s.canvas = cv2.cvtColor(
            two if colours.luma(s.colour) > colours.luma(s.paper) else 255 - two, cv2.COLOR_GRAY2BGR
        )
        return
    table = np.array([s.paper, s.colour], np.uint8)
    s.canvas = table[two >> 7]


def dither(s: Scene, strength: float) -> None:
    """Few levels, by an ordered pattern, by chance or by plain rounding; a palette; the dots of a printer's screen."""
    dice = s.dice
    if s.cap > 22 and dice.chance(0.25):
        _screen(s)
        return
    if dice.chance(0.4):
        s.canvas = _palette(dice, s.canvas, round(64 ** (1 - 0.5 * strength * dice.random())))
        return
    step = dice.pick((32, 51, 64, 85)) if strength < 0.6 else dice.pick((51, 64, 85, 127))
    image = s.canvas.astype(np.int16)
    kind = dice.random()
    if kind < 0.25:
        # Errors that are passed on to neighbours look like chance.
        image += (dice.flat_field(s.h, s.w, 1).astype(np.int16) * step >> 8) - step // 2
    elif kind < 0.7:
        tile = (_BAYER * step // 16 - step // 2)[:, :, None]
        image += np.tile(tile, (s.h // 4 + 1, s.w // 4 + 1, 1))[: s.h, : s.w]
    image = (image + step // 2) // step * step
    s.canvas = np.clip(image, 0, 255).astype(np.uint8)


def _palette(dice: Dice, image: np.ndarray, count: int) -> np.ndarray:
    """The `count` colours that suit the picture best, as in a GIF; mostly each error is passed on to the neighbours."""
    whole = Image.fromarray(image)
    few = whole.quantize(count, method=dice.pick((Image.Quantize.MEDIANCUT, Image.Quantize.FASTOCTREE)))
    if dice.chance(0.7):
        few = whole.quantize(palette=few, dither=Image.Dither.FLOYDSTEINBERG)
    return np.asarray(few.convert("RGB"))


def _screen(s: Scene) -> None:
    """Dots on a slanting lattice, the larger the darker, in ink on paper or in each channel."""
    dice = s.dice
    pitch = s.cap * dice.u(0.08, 0.14)
    turn = dice.u(0, 1.57)
    x = np.arange(s.w, dtype=np.float32)[None] * np.float32(6.2832 / pitch)
    y = np.arange(s.h, dtype=np.float32)[:, None] * np.float32(6.2832 / pitch)
    co, si = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    level = 127 + 60 * (np.cos(x * co + y * si) + np.cos(y * co - x * si))
    # Against one paper and one ink, letters of other colours on papers of their own would be gone.
    if dice.chance(0.5) or s.ink is not None or s.strength("cells") or s.strength("many-colours"):
        s.canvas = np.where(s.canvas > level[:, :, None], 255, 0).astype(np.uint8)
        return
    table = np.array([s.paper, s.colour], np.uint8)
    s.canvas = table[(_axis(s) > level).astype(np.uint8)]


def _axis(s: Scene) -> np.ndarray:
    """How far each pixel is from paper (0) to ink (255), uint8 (h, w)."""
    span = np.array(s.colour, np.float32) - np.array(s.paper, np.float32)
    length = float(span @ span)
    if length < 300:
        return cv2.cvtColor(s.canvas, cv2.COLOR_BGR2GRAY)
    m = (span * (255 / length))[None]
    shift = -float(m[0] @ np.array(s.paper, np.float32))
    return cv2.transform(s.canvas, np.concatenate([m, [[shift]]], 1).astype(np.float32))[..., :].reshape(s.h, s.w)


def frame(s: Scene) -> None:
    """A border of one or more lines round the picture, or bars on some of its sides."""
    dice = s.dice
    t = s.thick(0.5, 2.2)
    c = (0, 0, 0) if dice.chance(0.4) else colours.any_colour(dice)
    if dice.chance(0.75):
        cv2.rectangle(s.canvas, (0, 0), (s.w - 1, s.h - 1), c, 2 * t - 1)
        if dice.chance(0.15):
            cv2.rectangle(s.canvas, (2 * t, 2 * t), (s.w - 1 - 2 * t, s.h - 1 - 2 * t), colours.any_colour(dice), 1)
    else:
        side = dice.whole(0, 3)
        if side < 2:
            s.canvas[:, (slice(0, t), slice(s.w - t, s.w))[side]] = c
        else:
            s.canvas[(slice(0, t), slice(s.h - t, s.h))[side - 2]] = c


def fringe(s: Scene) -> np.ndarray:
    """The picture with one channel shifted against the others, as by a poor lens."""
    dice = s.dice
    shift = np.array([[1, 0, dice.sign() * s.thick(0.5, 2.0)], [0, 1, dice.whole(-1, 1)]], np.float32)
    channels = list(cv2.split(s.canvas))
    moved = dice.whole(0, 2)
    channels[moved] = cv2.warpAffine(channels[moved], shift, (s.w, s.h), borderMode=cv2.BORDER_REPLICATE)
    return cv2.merge(channels)


def exposure(dice: Dice, image: np.ndarray) -> np.ndarray:
    """Contrast and brightness as another source would give them."""
    gain, lift = dice.u(0.6, 1.15), dice.u(-20, 60)
    out = cv2.convertScaleAbs(image, alpha=gain, beta=max(0.0, lift))
    # Pale text on white would be white on white.
    return image if cv2.meanStdDev(out)[1].max() < 0.5 * cv2.meanStdDev(image)[1].max() else out


def resize(dice: Dice, image: np.ndarray, width: int, height: int) -> np.ndarray:
    """To (height, width), by any of the filters that readers use."""
    shrink = image.shape[0] > height
    if shrink:
        how = dice.weighted((cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC), (0.55, 0.35, 0.1))
    else:
        how = dice.weighted(
            (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_NEAREST), (0.6, 0.2, 0.1, 0.1)
        )
    return cv2.resize(image, (width, height), interpolation=how)

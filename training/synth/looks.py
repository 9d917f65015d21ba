"""How the letters are drawn: weight, shadow, blocks, dots, stripes, cuts."""

from __future__ import annotations

import cv2
import numpy as np

from training.synth import breaks, colours
from training.synth.scene import Scene, blend
from training.synth.tilings import bitmap, tiled

_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def disc(t: int) -> np.ndarray:
    """A kernel about t pixels across."""
    return np.ones((2, 2), np.uint8) if t <= 1 else cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (t + 1, t + 1))


def shifted(mask: np.ndarray, dx: int, dy: int) -> np.ndarray:
    """The mask moved by whole pixels, zeros coming in."""
    out = np.zeros_like(mask)
    h, w = mask.shape
    if abs(dx) < w and abs(dy) < h:
        out[max(0, dy) : h + min(0, dy), max(0, dx) : w + min(0, dx)] = mask[
            max(0, -dy) : h + min(0, -dy), max(0, -dx) : w + min(0, -dx)
        ]
    return out


def weight(s: Scene) -> None:
    """Bolder or thinner strokes; thinner only where something is left."""
    t = s.thick(0.6, 2.2)
    if s.dice.chance(0.6):
        s.alpha = cv2.dilate(s.alpha, disc(t))
        return
    thin = cv2.erode(s.alpha, disc(min(t, 2)))
    if thin.sum() > 0.45 * s.alpha.sum():
        s.alpha = thin


def shadow(s: Scene) -> None:
    """A copy of the text, shifted, sharp or soft, in another colour; or a halo or glow round it."""
    dice = s.dice
    if dice.chance(0.2):
        wide = max(2, round(s.cap * dice.u(0.06, 0.2)))
        ring = cv2.dilate(s.alpha, disc(wide))
        if dice.chance(0.6):
            ring = cv2.blur(ring, (wide + 1, wide + 1))
        s.put_under(
            ring, s.paper if dice.chance(0.4) else colours.mixed(s.paper, colours.ink_on(dice, s.colour, 60), 0.7)
        )
        return
    if dice.chance(0.25):
        _overprint(s)
        return
    if dice.chance(0.2):
        _cast(s)
        return
    for _ in range(1 if dice.chance(0.8) else 2):
        far = max(1, round(s.cap * dice.u(0.03, 0.16)))
        dx, dy = dice.sign() * far, dice.sign() * max(0, round(far * dice.u(0, 1.2)))
        copy = shifted(s.alpha, dx, dy)
        if dice.chance(0.4):
            copy = cv2.blur(copy, (far + 1, far + 1))
        if dice.chance(0.4):
            copy = (copy * np.float32(dice.u(0.3, 0.8))).astype(np.uint8)
        shade = colours.mixed(s.paper, colours.any_colour(dice), dice.u(0.2, 0.7))
        if colours.apart(shade, s.colour) < 35:
            shade = colours.mixed(s.paper, s.colour, 0.4)
        s.put_under(copy, shade)


def _cast(s: Scene) -> None:
    """A shadow thrown over the ground, or the text mirrored in it: leaning, flatter, fading or soft."""
    dice = s.dice
    rows = np.flatnonzero(s.alpha.max(axis=1) > 60)
    if not len(rows):
        return
    foot = float(rows[-1]) - s.cap * dice.u(-0.05, 0.1)
    flat, lean = dice.u(0.35, 1.0) * (-1 if dice.chance(0.6) else 1), dice.u(-1.2, 1.2)
    # From a place in the shadow to the one in the text that throws it.
    back = np.array([[1, lean / flat, -lean / flat * foot], [0, 1 / flat, foot - foot / flat]], np.float32)
    copy = cv2.warpAffine(s.alpha, back, (s.w, s.h), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    if dice.chance(0.4):
        copy = cv2.blur(copy, (max(2, int(s.cap * 0.12)),) * 2)
    shade = s.colour if dice.chance(0.6) else colours.any_colour(dice)
    s.put_under(copy, colours.mixed(s.paper, shade, dice.u(0.15, 0.5)))


def _overprint(s: Scene) -> None:
    """A copy on top, shifted and nearly as pale as the paper: of the letters, rims are left."""
    dice = s.dice
    far = max(1, round(s.cap * dice.u(0.03, 0.09)))
    copy = shifted(s.alpha, dice.sign() * far, dice.sign() * dice.whole(0, far))
    if dice.chance(0.4) and s.cap > 20:
        copy = cv2.erode(copy, disc(1))
    s.put_over(copy, colours.mixed(s.paper, s.colour, dice.u(0, 0.35)))


def badge(s: Scene) -> None:
    """Each letter on a disc or a box of the ink, itself in another colour, or within a ring."""
    dice, plate = s.dice, np.zeros_like(s.alpha)
    half, round_, open_ = s.cap * dice.u(0.6, 0.9), dice.chance(0.5), dice.chance(0.4)
    thick = s.thick(0.6, 2.2) if open_ else -1
    if open_:
        # A ring that crosses the letters beside its own leaves none of them to read.
        at = sorted(x for x, _ in s.centres)
        half = min(half, *(0.55 * (b - a) for a, b in zip(at, at[1:]))) if len(at) > 1 else half
        if half < 0.45 * s.cap:
            return
    for x, y in s.centres:
        if round_:
            cv2.circle(plate, (round(x), round(y)), round(half), 255, thick, cv2.LINE_AA)
        else:
            corner = 0.85 * half, half
            cv2.rectangle(plate, *((round(x + i * corner[0]), round(y + i * corner[1])) for i in (-1, 1)), 255, thick)
    if open_:
        s.put_under(plate, s.colour if dice.chance(0.6) else colours.ink_on(dice, s.paper, 60))
        return
    s.ink = s.flat(s.paper if dice.chance(0.6) else colours.ink_on(dice, s.colour, 70))
    s.put_under(plate, s.colour)


def rim(s: Scene) -> None:
    """A hard border of the opposite brightness, as captions have it on photographs."""
    wide = max(1, round(s.cap * s.dice.u(0.05, 0.12)))
    s.put_under(cv2.dilate(s.alpha, disc(2 * wide)), (0, 0, 0) if colours.luma(s.colour) > 127 else (255, 255, 255))


def block(s: Scene) -> None:
    """Letters with depth: extruded, embossed or lit from one side."""
    dice = s.dice
    deep = max(2, round(s.cap * dice.u(0.06, 0.2)))
    kind = dice.random()
    if kind < 0.5:
        kernel = np.zeros((2 * deep + 1, 2 * deep + 1), np.uint8)
        slope = dice.u(-1, 1)
        side = dice.sign()
        for i in range(deep + 1):
            kernel[deep + round(i * slope), deep + side * i] = 1
        body = cv2.dilate(s.alpha, kernel)
        face = s.paper if dice.chance(0.35) else None
        shade = colours.ink_on(dice, s.colour, 50)
        if face is not None:
            s.ink = None
            shade, s.colour = s.colour, face
        s.put_under(body, shade)
        return
    d = max(1, deep // 3)
    light, dark = shifted(s.alpha, -d, -d), shifted(s.alpha, d, d)
    bright = colours.mixed(s.paper, (255, 255, 255), dice.u(0.5, 1))
    deepc = colours.mixed(s.paper, (0, 0, 0), dice.u(0.5, 1))
    rim = cv2.subtract(dark, s.alpha)
    if kind < 0.75:
        s.ink = s.flat(deepc)
        s.ink = blend(s.ink, s.flat(bright), cv2.subtract(light, s.alpha))
        s.alpha = cv2.max(rim, cv2.subtract(light, s.alpha))
        if dice.chance(0.5):
            s.alpha = cv2.dilate(s.alpha, disc(1))
    else:
        ink = blend(s.full_ink(), s.flat(bright), cv2.subtract(s.alpha, dark))
        s.ink = ink
        s.put_under(dark, deepc)


def dotted(s: Scene) -> None:
    """Letters built of dots, tiles or sprinkled grains."""
    if s.tile:
        return
    dice = s.dice
    pitch = max(2, round(s.cap * dice.u(0.07, 0.13)))
    rows, cols = -(-s.h // pitch), -(-s.w // pitch)
    kind = dice.random()
    if kind < 0.3:
        # Grains: more likely inside the letters than outside.
        grain = dice.flat_field(rows, cols) if pitch > 3 else dice.flat_field(s.h, s.w)
        if grain.shape != s.alpha.shape:
            grain = cv2.resize(grain, (s.w, s.h), interpolation=cv2.INTER_NEAREST)
        keep = dice.u(90, 170)
        s.alpha = np.where(grain < keep, s.alpha, 0).astype(np.uint8)
        return
    coarse = cv2.resize(s.alpha, (cols, rows), interpolation=cv2.INTER_AREA)
    coarse = cv2.threshold(coarse, 105, 255, cv2.THRESH_BINARY)[1]
    if kind < 0.65:
        coarse = cv2.max(coarse, cv2.threshold(cv2.erode(coarse, _CROSS), 1, 255, cv2.THRESH_BINARY)[1])
    tile = np.zeros((pitch, pitch), np.uint8)
    if dice.chance(0.5):
        cv2.circle(tile, (pitch // 2, pitch // 2), max(1, pitch * 2 // 5), 255, -1, cv2.LINE_AA)
    else:
        tile[: max(1, pitch - 1), : max(1, pitch - 1)] = 255
    field = np.tile(tile, (rows, cols))[: s.h, : s.w]
    big = np.kron(coarse, np.ones((pitch, pitch), np.uint8))[: s.h, : s.w]
    s.alpha = cv2.min(big, field)


def striped(s: Scene) -> None:
    """Letters filled with stripes, holes, a checker or cloudy paint."""
    dice = s.dice
    kind = dice.random()
    period = max(2.0, s.cap * dice.u(0.07, 0.2))
    if s.cap > 18 and dice.chance(0.25):
        fill = cv2.max(tiled(bitmap(dice), s.h, s.w, max(1, round(s.cap * dice.u(0.02, 0.05)))), dice.pick((0, 60, 110)))
    elif kind < 0.55:
        angle = dice.pick((0.0, 1.5708, dice.u(0, 3.14)))
        x = np.arange(s.w, dtype=np.float32)[None] * np.float32(np.cos(angle))
        y = np.arange(s.h, dtype=np.float32)[:, None] * np.float32(np.sin(angle))
        wave = ((x + y) / np.float32(period)) % 1
        keep = wave < dice.u(0.55, 0.8)
        fill = np.where(keep, 255, dice.pick((0, 0, 90))).astype(np.uint8)
    elif kind < 0.8:
        fill = np.full((s.h, s.w), 255, np.uint8)
        n = int(s.w * s.h / (s.cap * s.cap) * dice.u(5, 16))
        xs, ys = dice.flat_field(n), dice.flat_field(n)
        r = max(1, round(s.cap * 0.035))
        for i in range(min(n, 160)):
            cv2.circle(fill, (int(xs[i]) * s.w >> 8, int(ys[i]) * s.h >> 8), r, 0, -1)
    else:
        cell = max(2, round(s.cap * 0.15))
        soft = cv2.resize(dice.flat_field(s.h // cell + 2, s.w // cell + 2), (s.w, s.h), interpolation=cv2.INTER_CUBIC)
        fill = cv2.max(soft, 70)
    if s.ink is None and dice.chance(0.35):
        other = colours.mixed(s.colour, colours.ink_on(dice, s.paper, 45), 0.8)
        s.ink = blend(s.flat(other), s.flat(s.colour), fill)
    else:
        s.alpha = cv2.min(s.alpha, fill)


def gradient_ink(s: Scene) -> None:
    """The text's colour runs from one to another across it, or changes in patches."""
    dice = s.dice
    low = max(25.0, 0.7 * colours.apart(s.colour, s.paper))
    stops = [colours.ink_on(dice, s.paper, low) for _ in range(dice.whole(1, 3))] + [s.colour]
    strip = np.array([stops], np.uint8)
    if dice.chance(0.6):
        size = (s.w, 1) if dice.chance(0.7) else (s.h, 1)
        strip = cv2.resize(strip, size, interpolation=cv2.INTER_LINEAR)
        full = np.empty((s.h, s.w, 3), np.uint8)
        full[:] = strip if size[0] == s.w else strip.transpose(1, 0, 2)
    else:
        picks = dice.flat_field(3, max(2, s.w // s.h * 2)) % len(stops)
        full = cv2.resize(strip[0][picks], (s.w, s.h), interpolation=dice.pick((cv2.INTER_NEAREST, cv2.INTER_LINEAR)))
    s.ink = full


def rough(s: Scene) -> None:
    """Ragged edges: pixels swap places, crumble or bleed."""
    dice = s.dice
    if dice.chance(0.25):
        breaks.run_out(s)
        return
    reach = s.cap * dice.u(0.03, 0.07)
    cell = dice.pick((1, 1, 2, 3))
    shape = (s.h // cell + 1, s.w // cell + 1)
    dx, dy = (cv2.resize(dice.gauss_field(*shape).astype(np.float32), (s.w, s.h)) * (reach / 60) for _ in "xy")
    dx += np.arange(s.w, dtype=np.float32)
    dy += np.arange(s.h, dtype=np.float32)[:, None]
    near = cv2.INTER_NEAREST if dice.chance(0.4) else cv2.INTER_LINEAR
    s.alpha = cv2.remap(s.alpha, dx, dy, near)
    if s.ink is not None:
        s.ink = cv2.remap(s.ink, dx, dy, near, borderMode=cv2.BORDER_REPLICATE)
    if dice.chance(0.25):
        s.alpha = cv2.min(s.alpha, cv2.threshold(dice.flat_field(s.h, s.w), dice.u(20, 70), 255, cv2.THRESH_BINARY)[1])


def ghost(s: Scene) -> None:
    """A pale second exposure of the same text, as from another frame of an animation."""
    dice = s.dice
    d = max(1, round(s.cap * dice.u(0.04, 0.3)))
    copy = shifted(s.alpha, dice.sign() * d, dice.whole(-d, d) // 2)
    copy = (copy * np.float32(dice.u(0.12, 0.4))).astype(np.uint8)
    s.alpha = cv2.max(s.alpha, copy)


def fade(s: Scene) -> None:
    """The text's opacity runs down across the picture."""
    dice = s.dice
    ramp = np.linspace(
        *((dice.u(0.3, 0.6), 1.0) if dice.chance(0.5) else (1.0, dice.u(0.3, 0.6))), s.w, dtype=np.float32
    )
    s.alpha = (s.alpha * ramp).astype(np.uint8)

"""Draws the sample images of this folder, the same at every run.

    python examples/make.py      needs Pillow and the DejaVu and Liberation fonts (fonts-dejavu, fonts-liberation)
"""

import math
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = Path(__file__).parent
FONTS = Path("/usr/share/fonts/truetype")
SANS = "dejavu/DejaVuSans-Bold.ttf"
SERIF = "dejavu/DejaVuSerif-Bold.ttf"
MONO = "dejavu/DejaVuSansMono-Bold.ttf"
ROMAN = "liberation/LiberationSerif-Regular.ttf"

Colour = tuple[int, ...]


def glyph(character: str, font: str, size: int, colour: Colour, angle: float) -> Image.Image:
    """One character, turned, on a transparent ground."""
    drawn = Image.new("RGBA", (2 * size, 2 * size), (*colour[:3], 0))
    face = ImageFont.truetype(str(FONTS / font), size)
    ImageDraw.Draw(drawn).text((size, size), character, colour, face, anchor="mm")
    return drawn.rotate(angle, Image.Resampling.BICUBIC)


def line(
    text: str,
    font: str,
    colours: list[Colour],
    ground: Colour,
    size: tuple[int, int] = (160, 56),
    turn: float = 14,
    seed: int = 1,
    shown: list[float] | None = None,
) -> Image.Image:
    """`text` spread over a picture, each character turned and shifted a little; `shown` is each one's opacity."""
    dice = random.Random(seed)
    picture = Image.new("RGBA", size, ground)
    step = size[0] / (len(text) + 0.6)
    points = round(min(size[1] * 0.62, step * 1.35))
    for i, character in enumerate(text):
        part = glyph(character, font, points, colours[i % len(colours)], dice.uniform(-turn, turn))
        if shown is not None:
            part.putalpha(part.getchannel("A").point(lambda a, i=i: round(a * shown[i])))
        x = round(step * (i + 0.8) - points)
        y = round(size[1] / 2 - points + dice.uniform(-4, 4))
        layer = Image.new("RGBA", size, (0, 0, 0, 0))
        layer.paste(part, (x, y))
        picture = Image.alpha_composite(picture, layer)
    return picture


def crossed(picture: Image.Image, colour: Colour, count: int, seed: int) -> Image.Image:
    """Thin lines from side to side and some dots over the picture."""
    dice = random.Random(seed)
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    for _ in range(count):
        draw.line([(0, dice.randrange(height)), (width, dice.randrange(height))], colour, 1)
    for _ in range(count * 20):
        draw.point((dice.randrange(width), dice.randrange(height)), colour)
    return picture


def clock(side: int = 160, scale: int = 4) -> Image.Image:
    """A wall clock that shows ten past ten, drawn large and made small for smooth edges."""
    whole = side * scale
    middle = whole / 2
    dark = (25, 25, 30)
    picture = Image.new("RGB", (whole, whole), (214, 201, 180))
    draw = ImageDraw.Draw(picture)

    def disc(radius: float, colour: Colour) -> None:
        radius *= whole
        draw.ellipse([middle - radius, middle - radius, middle + radius, middle + radius], colour)

    def stroke(turn: float, start: float, end: float, width: float) -> None:
        x, y = math.sin(turn * math.tau) * whole, -math.cos(turn * math.tau) * whole
        ends = [middle + x * start, middle + y * start, middle + x * end, middle + y * end]
        draw.line(ends, dark, round(width * whole))

    disc(0.44, (60, 40, 30))
    disc(0.40, (250, 248, 240))
    for minute in range(60):
        whole_hour = minute % 5 == 0
        stroke(minute / 60, 0.32 if whole_hour else 0.36, 0.38, 0.018 if whole_hour else 0.006)
    stroke(10 / 12 + 10 / 720, -0.05, 0.2, 0.026)
    stroke(10 / 60, -0.05, 0.31, 0.016)
    disc(0.02, dark)
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def main() -> None:
    blue, red, green = (30, 60, 150), (170, 40, 40), (20, 110, 70)
    white, cream, night = (255, 255, 255), (250, 244, 225), (24, 28, 44)

    crossed(line("hR4nTe", SANS, [blue, red, green], white), (140, 140, 160), 3, 5).convert("RGB").save(
        HERE / "common.png", optimize=True
    )
    crossed(line("BLUEFISH", SERIF, [(60, 50, 90)], cream, (200, 60), seed=2), (190, 160, 130), 4, 6).convert(
        "RGB"
    ).save(HERE / "common.jpg", quality=80)
    line("garden", SANS, [(240, 220, 120)], night, (150, 50), 8, 3).convert("RGB").filter(
        ImageFilter.GaussianBlur(0.6)
    ).save(HERE / "common.webp", quality=80)
    # Two that are looked at again.
    crossed(line("P2kHuy", SERIF, [blue, red, green], white, (120, 50), 24, 3), (70, 70, 110), 9, 5).convert("RGB").save(
        HERE / "crossed.jpg", quality=70
    )
    crossed(line("Vex4Gd", ROMAN, [blue, red, green], white, (150, 50), 24, 3), (70, 70, 110), 9, 5).convert("RGB").save(
        HERE / "crossed.png", optimize=True
    )
    line("GHOST9", SANS, [white], (0, 0, 0, 0), (160, 50), 8, 4).save(HERE / "transparent.png", optimize=True)
    crossed(line("482917", MONO, [green, (90, 90, 90)], white, (140, 48), seed=5), (170, 200, 170), 3, 7).convert(
        "P", palette=Image.Palette.ADAPTIVE, colors=32
    ).save(HERE / "number.png", optimize=True)
    line("3056", SERIF, [red], white, (96, 40), 6, 6).convert("P", palette=Image.Palette.ADAPTIVE, colors=16).save(
        HERE / "number.bmp"
    )
    line("27+15=?", SANS, [(40, 40, 60)], (235, 240, 250), (180, 52), 5, 7).convert("RGB").save(
        HERE / "math.png", optimize=True
    )
    line("8×7=", ROMAN, [(120, 20, 90)], white, (120, 44), 0, 8).convert("RGB").save(HERE / "product.png", optimize=True)

    clock().convert("P", palette=Image.Palette.ADAPTIVE, colors=32).save(HERE / "clock.png", optimize=True)

    text = "W3KHP"
    frames = []
    for hidden in range(len(text)):
        shown = [0.0 if i == hidden else 1.0 for i in range(len(text))]
        frame = line(text, SANS, [blue, green, red], white, (150, 52), 10, 9, shown)
        frames.append(crossed(frame, (150, 150, 150), 2, hidden).convert("P", palette=Image.Palette.ADAPTIVE, colors=32))
    frames[0].save(HERE / "animated.gif", save_all=True, append_images=frames[1:], duration=150, loop=0)


if __name__ == "__main__":
    main()

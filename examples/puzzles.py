"""Draws the sample puzzles of examples/puzzles, the same at every run: python examples/puzzles.py (needs Pillow, DejaVu)"""

import math
import random
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

HERE = Path(__file__).parent / "puzzles"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"


def scenery(width: int, height: int, seed: int) -> Image.Image:
    """Hills, discs and blocks of all colours."""
    dice = random.Random(seed)
    colour = lambda low=40, high=220: tuple(dice.randint(low, high) for _ in range(3))  # noqa: E731
    sky = Image.linear_gradient("L").resize((width, height))
    picture = Image.composite(Image.new("RGB", (width, height), colour()), Image.new("RGB", (width, height), colour()), sky)
    draw = ImageDraw.Draw(picture)
    for _ in range(26):
        x, y, r = dice.randint(0, width), dice.randint(0, height), dice.randint(12, 60)
        if dice.random() < 0.5:
            draw.ellipse((x - r, y - r, x + r, y + r), colour())
        else:
            draw.polygon([(x + dice.randint(-r, r), y + dice.randint(-r, r)) for _ in range(4)], colour())
    grain = Image.effect_noise((width, height), 24).convert("RGB")
    return Image.blend(picture.filter(ImageFilter.GaussianBlur(0.7)), grain, 0.06)


def jigsaw(side: int) -> Image.Image:
    """A mask with a knob to the right and a bay below."""
    mask = Image.new("L", (side * 4, side * 4))
    draw = ImageDraw.Draw(mask)
    a, b, r, half = side * 0.4, side * 3.2, side * 0.5, side * 1.8
    draw.rectangle((a, a, b, b), 255)
    draw.ellipse((b - r * 0.5, half - r, b + r * 1.5, half + r), 255)
    draw.ellipse((half - r, b - r * 1.5, half + r, b + r * 0.5), 0)
    return mask.resize((side, side), Image.Resampling.LANCZOS)


def slide() -> None:
    """The piece belongs at 183, 62; at 70, 90 is a decoy."""
    picture, mask, (x, y) = scenery(300, 180, 3), jigsaw(56), (183, 62)
    piece = picture.crop((x, y, x + 56, y + 56)).convert("RGBA")
    piece.putalpha(mask)
    shade = mask.point(lambda value: value * 0.55)
    picture.paste((0, 0, 0), (x, y), shade)
    picture.paste((0, 0, 0), (70, 90), shade.rotate(90))
    picture.save(HERE / "slide.jpg", quality=85)
    piece.save(HERE / "slide.piece.png", optimize=True)


def rotate() -> None:
    """The disc is turned by 128 degrees clockwise."""
    picture, side, radius = scenery(240, 240, 8), 240, 75
    box = (side // 2 - radius, side // 2 - radius, side // 2 + radius, side // 2 + radius)
    disc = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(disc).ellipse([4 * v for v in box], 255)
    disc = disc.resize((side, side), Image.Resampling.LANCZOS)
    inner = picture.rotate(-128, Image.Resampling.BICUBIC).convert("RGBA")
    inner.putalpha(disc)
    inner.crop(box).save(HERE / "rotate.disc.png", optimize=True)
    picture.putalpha(ImageChops.invert(disc))
    picture.save(HERE / "rotate.png", optimize=True)


def click() -> None:
    """The prompt names A, K and 4, at 60, 50; 215, 120 and 130, 90."""
    dice = random.Random(5)
    picture = scenery(300, 170, 21)
    for character, x, y, colour in [
        ("A", 60, 50, (255, 235, 120)), ("4", 130, 90, (140, 230, 255)), ("K", 215, 120, (255, 255, 255)), ("S", 250, 40, (255, 160, 220)),
    ]:  # fmt: skip
        layer = Image.new("RGBA", picture.size)
        ImageDraw.Draw(layer).text((x, y), character, colour, ImageFont.truetype(FONT, 36), "mm", stroke_width=2, stroke_fill=(20, 20, 30))
        layer = layer.rotate(dice.uniform(-25, 25), Image.Resampling.BICUBIC, center=(x, y))
        picture.paste(layer, (0, 0), layer)
    picture.save(HERE / "click.jpg", quality=88)
    prompt = Image.new("RGB", (150, 40), "white")
    draw = ImageDraw.Draw(prompt)
    for i, character in enumerate("AK4"):
        draw.text((35 + 40 * i, 20), character, (30, 40, 90), ImageFont.truetype(FONT, 26), "mm")
    draw.line([(0, 14), (150, 30)], (120, 160, 120), 1)
    prompt.save(HERE / "click.prompt.png", optimize=True)


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    slide()
    rotate()
    click()

"""Which ingredients a picture has: one leads, others join at random."""

from __future__ import annotations

from collections.abc import Sequence

from training.synth.conflicts import ABSENT
from training.synth.dice import Dice
from training.synth.profiles import PROFILES

INGREDIENTS: dict[str, float] = {
    # Name: how readily it joins a picture that another ingredient leads.
    "plain": 0.0,
    "math": 1.0,
    "long": 0.0,
    "mixed-fonts": 2.2,
    "many-colours": 2.6,
    "pale-letters": 2.2,
    "uneven": 1.4,
    "jitter": 5.0,
    "touching": 2.4,
    "overlap": 1.0,
    "spacing": 2.2,
    "scatter": 1.6,
    "edge": 1.2,
    "clipped": 0.8,
    "small": 1.2,
    "script": 0.8,
    "bitmap-font": 0.6,
    "weight": 1.6,
    "hollow": 1.3,
    "shadow": 1.2,
    "block": 0.9,
    "dotted": 0.6,
    "tiles": 0.3,
    "striped": 0.6,
    "gradient-ink": 0.9,
    "badge": 0.4,
    "rough": 0.7,
    "slices": 0.4,
    "cutting-strokes": 1.0,
    "lines": 3.4,
    "curves": 3.0,
    "heavy-strokes": 1.3,
    "joints": 1.3,
    "ribbon": 1.2,
    "dots": 2.0,
    "shapes": 1.0,
    "grid": 1.0,
    "veil": 0.9,
    "speckle": 1.1,
    "clutter": 0.6,
    "decoys": 1.5,
    "texture": 1.5,
    "gradient": 1.4,
    "patches": 0.6,
    "pattern": 0.8,
    "cells": 0.4,
    "photo": 0.4,
    "inverted": 0.4,
    "frame": 1.2,
    "relief": 0.12,
    "surface": 0.08,
    "wave": 2.0,
    "warp": 1.6,
    "lens": 1.0,
    "low-contrast": 0.9,
    "hue-only": 0.5,
    "dark": 1.0,
    "threshold": 0.5,
    "dither": 0.4,
    "filtered": 0.8,
    "jpeg": 1.8,
    "blur": 1.2,
    "noise": 1.0,
    "animated-frame": 0.4,
    "brush": 0.4,
    "segments": 0.15,
    "redrawn": 0.6,
}
STYLES: tuple[str, ...] = (*INGREDIENTS, *PROFILES)

# What often comes with a leading ingredient, and how often.
_COMPANY: dict[str, dict[str, float]] = {
    "tiles": {"decoys": 0.75, "jitter": 0.75, "many-colours": 0.55, "grid": 0.4, "lines": 0.3},
    "math": {"overlap": 0.2, "many-colours": 0.2},
    "scatter": {"hollow": 0.2, "decoys": 0.3, "mixed-fonts": 0.3},
    "clutter": {"small": 0.35},
}
# Drawn anew for each letter. A generator that does it with one of them mostly does it with several.
_BY_LETTER = ("mixed-fonts", "many-colours", "uneven", "jitter", "spacing", "scatter")
_MARKS = (
    "lines",
    "curves",
    "heavy-strokes",
    "joints",
    "ribbon",
    "dots",
    "shapes",
    "grid",
    "speckle",
    "clutter",
    "veil",
    "decoys",
    "cutting-strokes",
)


def mix(dice: Dice, lead: str, difficulty: float) -> dict[str, float]:
    """Strength 0..1 of the leading ingredient and of those that join it."""
    d = max(0.0, difficulty)
    if lead in PROFILES:
        return _together(dice, PROFILES[lead], d)
    chosen = {lead: min(1.0, dice.u(0.45, 1.0) * (0.3 + 0.7 * d))}
    if lead == "plain":
        count = 1 if dice.chance(0.5) else 0
        scale = 0.35
    else:
        count = dice.weighted((0, 1, 2, 3, 4, 5, 6), (0.9, 1.9, 2.4, 2.1, 1.3, 0.7, 0.3))
        scale = 1.0
    count = round(count * min(1.3, d) - 0.25 * (1 - min(1, d)))
    for _ in range(max(0, count)):
        names = _fitting(chosen)
        name = dice.weighted(names, [INGREDIENTS[n] for n in names])
        chosen[name] = min(1.0, dice.u(0.15, 0.75) * d * scale)
    for name, often in _COMPANY.get(lead, {}).items():
        if dice.chance(often * min(1.0, d)) and name in _fitting(chosen):
            chosen[name] = min(1.0, dice.u(0.25, 0.9) * d)
    if any(n in chosen for n in _BY_LETTER) and lead != "plain" and dice.chance(0.35):
        for name in _BY_LETTER:
            if name in _fitting(chosen) and dice.chance(0.5):
                chosen[name] = min(1.0, dice.u(0.25, 0.9) * d)
    return _thinned(chosen)


def _thinned(chosen: dict[str, float]) -> dict[str, float]:
    """With marks of several kinds there are fewer of each."""
    marks = [n for n in chosen if n in _MARKS]
    if len(marks) > 2:
        for name in marks:
            chosen[name] *= 0.65
    return chosen


def _together(dice: Dice, profile: dict[str, float], d: float) -> dict[str, float]:
    """Of a profile's ingredients those that fit together, the surest first."""
    chosen: dict[str, float] = {}
    names = list(profile)
    dice.shuffle(names)
    for name in sorted(names, key=lambda n: profile[n] < 1):
        often = profile[name]
        # What makes the profile is in all its pictures, however easy.
        if dice.chance(often if often == 1 else often * min(1.0, d + 0.2)) and name in _fitting(chosen):
            chosen[name] = min(1.0, dice.u(0.2, 0.85) * d)
    return _thinned(chosen)


def _fitting(chosen: dict[str, float]) -> list[str]:
    """The ingredients that may still join these."""
    banned = {other for name in chosen for other in ABSENT.get(name, ())}
    banned |= {name for name, others in ABSENT.items() if not chosen.keys().isdisjoint(others)}
    return [n for n in INGREDIENTS if n not in chosen and n not in banned]


def choose_style(dice: Dice, weights: Sequence[float] | None) -> str:
    """A style by its weight; all alike without weights."""
    return dice.pick(STYLES) if weights is None else dice.weighted(STYLES, weights)

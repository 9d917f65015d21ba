"""Ingredients that come together, as generators put them together."""

from __future__ import annotations

# Each leads as a style does: how often each ingredient takes part.
PROFILES: dict[str, dict[str, float]] = {
    # Whatever colours chance gives, letters and strokes alike, on paper that has some of its own.
    "motley": {
        "many-colours": 1.0,
        "pale-letters": 0.6,
        "overlap": 0.5,
        "math": 0.35,
        "lines": 0.6,
        "curves": 0.35,
        "texture": 0.4,
        "gradient": 0.4,
        "blur": 0.5,
        "jitter": 0.3,
        "mixed-fonts": 0.3,
        "spacing": 0.25,
        "jpeg": 0.25,
        "edge": 0.15,
    },
    # Fonts from all over, each letter as large, as high and as strong as chance has it, among what is like letters.
    "ornate": {
        "mixed-fonts": 1.0,
        "many-colours": 0.85,
        "uneven": 0.6,
        "scatter": 0.5,
        "hollow": 0.4,
        "spacing": 0.3,
        "jitter": 0.3,
        "decoys": 0.6,
        "lines": 0.5,
        "curves": 0.3,
        "ribbon": 0.4,
        "dots": 0.3,
        "gradient": 0.2,
        "edge": 0.15,
        "jpeg": 0.2,
    },
    # Broad strokes beside marks of the same ink and breadth.
    "brushed": {
        "brush": 1.0,
        "clutter": 0.5,
        "lines": 0.5,
        "dots": 0.4,
        "shadow": 0.4,
        "rough": 0.3,
        "touching": 0.4,
        "jitter": 0.6,
        "speckle": 0.3,
        "wave": 0.3,
        "warp": 0.3,
        "blur": 0.2,
    },
    # Letters that the edge cuts in two, of any colour.
    "cut-off": {
        "edge": 1.0,
        "many-colours": 0.7,
        "pale-letters": 0.3,
        "jitter": 0.5,
        "lines": 0.6,
        "curves": 0.2,
        "spacing": 0.3,
        "warp": 0.3,
        "dots": 0.2,
    },
}

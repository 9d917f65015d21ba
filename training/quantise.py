"""The text net's graph -> int8, calibrated on synthetic images."""

import numpy as np
import onnx

from training.batches import draw_width
from training.graph import to_input
from training.integers import to_int8
from training.picture import HEIGHTS, scaled
from training.synth import STYLES, Synthesiser

# Convolutions and what lies between them, so that the body stays in bytes.
OPERATORS = ["Conv", "Relu", "Sigmoid", "Mul", "Add", "MaxPool", "Concat", "AveragePool"]
# Attention and what comes after stay float32: they take no time to speak of.
FLOATING = ("/net/neck/far", "/net/neck/norm", "/net/neck/Add_1", "/net/head")
CALIBRATION = 240  # images
FIRST_SEED = 1 << 42  # neither training nor validation comes here


def calibration_images(count: int, first_seed: int = FIRST_SEED) -> list[np.ndarray]:
    """(1, H, W, 3) uint8 BGR each, the styles and heights in turn."""
    synthesiser = Synthesiser()
    images = []
    for i in range(count):
        seed = first_seed + i
        height = HEIGHTS[(i + i // len(STYLES)) % len(HEIGHTS)]
        width = scaled(draw_width(np.random.default_rng(seed)), height)
        made = synthesiser.sample(seed, width, STYLES[i % len(STYLES)], height=height)
        images.append(made.image[None])
    return images


def quantise(model: onnx.ModelProto, images: list[np.ndarray]) -> onnx.ModelProto:
    """The int8 form of a float graph with input `x`."""
    feeds = ({"x": to_input(image)} for image in images)
    return to_int8(model, feeds, OPERATORS, stays)


def stays(nodes: list[onnx.NodeProto]) -> list[str]:
    return [node.name for node in nodes if node.name.startswith(FLOATING)]

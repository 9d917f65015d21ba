"""float32 graph -> int8: static, per channel, calibrated on synthetic images."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from training.batches import draw_width
from training.graph import to_input
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


class Images(CalibrationDataReader):
    def __init__(self, images: list[np.ndarray]) -> None:
        self.rest: Iterator[np.ndarray] = iter(images)

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self.rest, None)
        return None if image is None else {"x": to_input(image)}


def quantise(
    model: onnx.ModelProto,
    images: list[np.ndarray],
    method: CalibrationMethod = CalibrationMethod.MinMax,
) -> onnx.ModelProto:
    """The int8 form of a float graph with input `x`."""
    with tempfile.TemporaryDirectory() as folder:
        plain, ready, done = (Path(folder) / f"{name}.onnx" for name in ("plain", "ready", "done"))
        onnx.save(model, plain)
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        quantize_static(
            ready,
            done,
            Images(images),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=OPERATORS,
            nodes_to_exclude=[n.name for n in model.graph.node if n.name.startswith(FLOATING)],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=method,
        )
        return onnx.load(done)

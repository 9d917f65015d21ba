"""A float32 graph -> int8: static, per channel; quantised where it says so, float32 elsewhere."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

Feed = dict[str, np.ndarray]
Stays = Callable[[list[onnx.NodeProto]], list[str]]
"""Of a graph's nodes, the names of those that are left in float32."""


class Feeds(CalibrationDataReader):
    def __init__(self, feeds: Iterable[Feed]) -> None:
        self.rest = iter(feeds)

    def get_next(self) -> Feed | None:
        return next(self.rest, None)


def to_int8(
    model: onnx.ModelProto, feeds: Iterable[Feed], operators: list[str], stays: Stays
) -> onnx.ModelProto:
    """`feeds` are inputs as the model will see them: their results set the range of each byte."""
    with tempfile.TemporaryDirectory() as folder:
        plain, ready, done = (Path(folder) / f"{name}.onnx" for name in ("plain", "ready", "done"))
        onnx.save(model, plain)
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        quantize_static(
            ready,
            done,
            Feeds(feeds),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=operators,
            nodes_to_exclude=stays(list(onnx.load(ready).graph.node)),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        return onnx.load(done)


def convolutions(nodes: list[onnx.NodeProto]) -> list[str]:
    """Their names, from the input on."""
    return [node.name for node in nodes if node.op_type == "Conv"]

"""Float weights of an ONNX graph, kept in less: what a session makes of them, once, when it loads them, is float32."""

from pathlib import Path

import brotli
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_HALF_MANTISSA = 10  # bits
# Bytes that unpacking looks back on, as a power of two: each thread that opens the model would keep 16 MB of 24.
_WINDOW = 16


def store_in_halves(model: onnx.ModelProto, mantissa: int | None = None) -> None:
    """Keeps large weights in two bytes each, and of these only so many bits of the mantissa: the others are 0, which
    packs well. Fewer bytes would take several steps, each of whose results a session keeps."""
    graph = model.graph
    # Whatever is to run in bytes must find its scales as they are.
    rounding = ("QuantizeLinear", "DequantizeLinear")
    scales = {name for node in graph.node if node.op_type in rounding for name in node.input}
    floats = [t for t in graph.initializer if t.data_type == TensorProto.FLOAT and t.name not in scales]
    for tensor in [t for t in floats if np.prod(t.dims) > 256]:
        half = f"{tensor.name}_half"
        values = numpy_helper.to_array(tensor).astype(np.float16)
        if mantissa is not None:
            values = rounded(values, mantissa)
        graph.initializer.append(numpy_helper.from_array(values, half))
        graph.node.insert(0, helper.make_node("Cast", [half], [tensor.name], to=TensorProto.FLOAT))
        graph.initializer.remove(tensor)


def rounded(values: np.ndarray, mantissa: int) -> np.ndarray:
    """float16 `values` to the nearest that have so many bits of mantissa, under 10; of two, the even one."""
    dropped = _HALF_MANTISSA - mantissa
    bits = values.view(np.uint16).astype(np.uint32)
    half = (1 << (dropped - 1)) - 1 + (bits >> dropped & 1)
    return (bits + half >> dropped << dropped).astype(np.uint16).view(np.float16)


def save(model: onnx.ModelProto, path: Path) -> None:
    """As a session opens it, or packed, where the name ends in .br."""
    data = model.SerializeToString()
    path.write_bytes(brotli.compress(data, lgwin=_WINDOW) if path.suffix == ".br" else data)


def load(path: Path) -> bytes:
    """What `save` was given."""
    data = path.read_bytes()
    return brotli.decompress(data) if path.suffix == ".br" else data

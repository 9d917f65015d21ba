"""Float weights of an ONNX graph, kept in less: what a session makes of them, once, when it loads them, is float32."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def store_in_halves(model: onnx.ModelProto) -> None:
    """Keeps large weights in two bytes each. Fewer would take several steps, each of whose results a session keeps."""
    graph = model.graph
    # Whatever is to run in bytes must find its scales as they are.
    rounding = ("QuantizeLinear", "DequantizeLinear")
    scales = {name for node in graph.node if node.op_type in rounding for name in node.input}
    floats = [t for t in graph.initializer if t.data_type == TensorProto.FLOAT and t.name not in scales]
    for tensor in [t for t in floats if np.prod(t.dims) > 256]:
        half = f"{tensor.name}_half"
        graph.initializer.append(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), half))
        graph.node.insert(0, helper.make_node("Cast", [half], [tensor.name], to=TensorProto.FLOAT))
        graph.initializer.remove(tensor)

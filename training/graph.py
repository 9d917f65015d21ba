"""TextNet -> ONNX, in the form that the server feeds.

input   `image`: uint8 (N, H, W, 3), RGB, H 48, 64 or 96, W a multiple of 8: the bytes of a decoded picture, as sharp's
        raw() gives
output  `logp`: float32 (N, W/8, 71), natural logarithms of probabilities; class 0 is the CTC blank,
        class i + 1 is character i of the metadata's `characters`
"""

import copy
import io
import warnings

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from training.alphabet import CHARS
from training.net import TextNet
from training.picture import HEIGHT, HIGHEST, STRIDE, TALL

VERSION = "1"
OPSET = 17
# The net wants byte / 127.5 - 1. The graph takes (byte - 128) / 127.5, since 128 can be the zero point of an int8
# graph, whose first convolution then reads the bytes themselves; the rest lies in that convolution's bias.
SCALE, ZERO = 1 / 127.5, 128


class Exported(nn.Module):
    """(N, 3, H, W) RGB as (byte - 128) / 127.5 -> log-probabilities."""

    def __init__(self, net: TextNet) -> None:
        super().__init__()
        self.net = copy.deepcopy(net).float().eval().cpu()
        first = self.net.stem.reduce
        first.weight.data = first.weight.data.flip(1)
        first.bias.data += first.weight.data.sum((1, 2, 3)) * (ZERO * SCALE - 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x).log_softmax(-1)


def to_input(images: np.ndarray) -> np.ndarray:
    """(N, H, W, 3) uint8 BGR -> float32 input of a graph whose bytes are not yet attached."""
    return np.ascontiguousarray((images[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) - ZERO) * np.float32(SCALE))


def float_graph(net: TextNet) -> onnx.ModelProto:
    """The net in float32 with input `x` as Exported takes it, batch, height and width dynamic."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        # It warns that it is the older of two exporters.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Exported(net),
            (torch.zeros(2, 3, HEIGHT, 144),),
            file,
            input_names=["x"],
            output_names=["logp"],
            dynamic_axes={"x": {0: "n", 2: "h", 3: "w"}, "logp": {0: "n", 1: "t"}},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load_from_string(file.getvalue())
    pads_into_windows(model)
    return model


def pads_into_windows(model: onnx.ModelProto) -> None:
    """Turns each Pad before the stem's 2x2 windows into the window's own padding: as int8 it would be a copy.

    Max-pooling then pads with the least number, which no longer matters than zero behind a ReLU.
    """
    pads = {n.output[0]: n for n in model.graph.node if n.op_type == "Pad"}
    for node in model.graph.node:
        if node.op_type in ("Conv", "MaxPool") and node.input[0] in pads:
            node.input[0] = pads[node.input[0]].input[0]
            kept = [a for a in node.attribute if a.name != "pads"]
            del node.attribute[:]
            node.attribute.extend([*kept, helper.make_attribute("pads", [0, 0, 1, 1])])
    used = {name for node in model.graph.node for name in node.input}
    for pad in pads.values():
        assert pad.output[0] not in used, pad.name
        model.graph.node.remove(pad)


def attach_bytes(model: onnx.ModelProto) -> None:
    """Replaces the float input `x` by the bytes of `image`, quantised graph or not."""
    graph = model.graph
    turned = helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2])
    first = next(n for n in graph.node if "x" in n.input)
    if first.op_type == "QuantizeLinear":
        graph.node.remove(first)
        scale, zero = first.input[1:]
        for tensor in graph.initializer:
            if tensor.name == scale:
                tensor.CopyFrom(numpy_helper.from_array(np.float32(SCALE), scale))
            if tensor.name == zero:
                tensor.CopyFrom(numpy_helper.from_array(np.uint8(ZERO), zero))
        for node in graph.node:
            node.input[:] = ["planes" if name == first.output[0] else name for name in node.input]
        added = [turned]
    else:
        for name, value in (("byte_zero", ZERO), ("byte_scale", SCALE)):
            graph.initializer.append(numpy_helper.from_array(np.float32(value), name))
        added = [
            turned,
            helper.make_node("Cast", ["planes"], ["planes_float"], to=TensorProto.FLOAT),
            helper.make_node("Sub", ["planes_float", "byte_zero"], ["centred"]),
            helper.make_node("Mul", ["centred", "byte_scale"], ["x"]),
        ]
    for place, node in enumerate(added):
        graph.node.insert(place, node)
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", "h", "w", 3]))


def describe(model: onnx.ModelProto, images_seen: int) -> None:
    """What a server must know to use the file, as its metadata."""
    facts = {
        "characters": CHARS,
        "blank": "0",
        "height": str(HEIGHT),
        "tall": str(TALL),
        "highest": str(HIGHEST),
        "stride": str(STRIDE),
        "input": "uint8 NHWC RGB, bytes as they are",
        "output": "float32 (N, W/8, classes) log-probabilities",
        "version": VERSION,
        "images_seen": str(images_seen),
        "origin": "fine-tuned from PP-OCRv6_rec_small, Apache-2.0, PaddlePaddle authors",
    }
    helper.set_model_props(model, facts)

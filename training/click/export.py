"""Both nets -> models/clickFinder.onnx and models/clickMatcher.onnx, int8.

    python -m training.click.export training/runs/click/click.pt --photos photos.pickle --fonts GLOB --symbols GLOB

Photographs and fonts are those of the training: the ranges of the bytes are set on drawn scenes.

clickFinder   `image`: uint8 (1, H, W, 3), RGB, sides multiples of 16
              `centre`: float32 (1, H/4, W/4), probability of a mark's centre; `side`: likewise, its side in pixels
clickMatcher  `crops`: float32 (N, 40, 40, 3), RGB, 0 to 255
              `codes`: float32 (N, 64), of length 1: two marks are alike as far as their codes' product is high
"""

from __future__ import annotations

import argparse
import glob
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from training.click.net import SIDE, Finder, Matcher
from training.click.scene import Drawer, Scene
from training.click.train import MARGIN, cut_out
from training.integers import Feed, convolutions, to_int8

OUT = Path(__file__).resolve().parents[2] / "models"


class ExportedFinder(nn.Module):
    def __init__(self, net: Finder) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        out = self.net(image.permute(0, 3, 1, 2).float() / 127.5 - 1)
        return out[:, 0].sigmoid(), 24 * out[:, 1].exp()


class ExportedMatcher(nn.Module):
    def __init__(self, net: Matcher) -> None:
        super().__init__()
        self.net = net

    def forward(self, crops: Tensor) -> Tensor:
        flat = crops.flatten(1)
        mean = flat.mean(1, keepdim=True)
        deviation = (flat - mean).pow(2).mean(1, keepdim=True).sqrt()
        even = ((flat - mean) / (deviation + 4)).reshape(-1, SIDE, SIDE, 3)
        return self.net(even.permute(0, 3, 1, 2))


def float_graph(net: nn.Module, example: Tensor, inputs: list[str], outputs: list[str], axes: dict) -> onnx.ModelProto:
    file = io.BytesIO()
    torch.onnx.export(net.eval(), (example,), file, input_names=inputs, output_names=outputs, dynamic_axes=axes, opset_version=17, dynamo=False)
    return onnx.load_from_string(file.getvalue())


FIRST_SEED = 555_000_000  # no training comes here
SCENES = 80


def quantise_finder(model: onnx.ModelProto, scenes: list[Scene]) -> onnx.ModelProto:
    """Its first convolution and its last, which gives centres and sides, stay in float32."""
    feeds = ({"image": picture[None]} for scene in scenes for picture in (scene.picture, scene.prompt))
    return to_int8(model, feeds, ["Conv", "Relu", "Add"], lambda nodes: [convolutions(nodes)[i] for i in (0, -1)])


def quantise_matcher(model: onnx.ModelProto, scenes: list[Scene]) -> onnx.ModelProto:
    """What looks at colours, and the first convolution, stay in float32."""
    return to_int8(model, map(marks_of, scenes), ["Conv", "Relu", "Add"], floating_of_matcher)


def floating_of_matcher(nodes: list[onnx.NodeProto]) -> list[str]:
    before_relu = {name for node in nodes if node.op_type == "Relu" for name in node.input}
    sums = [node.name for node in nodes if node.op_type == "Add" and not before_relu & set(node.output)]
    return [*convolutions(nodes)[:1], *sums]


def marks_of(scene: Scene) -> Feed:
    pairs = [(scene.picture, box) for box in scene.boxes] + [(scene.prompt, box) for box in scene.wanted]
    crops = [cut_out(picture, x, y, MARGIN * side) for picture, (x, y, side) in pairs if side > 4]
    return {"crops": np.stack(crops)}


def drawn(drawer: Drawer) -> Iterable[Scene]:
    scenes = (drawer.draw(FIRST_SEED + i) for i in range(2 * SCENES))
    return (scene for scene in scenes if len(scene.wanted) >= 2)


def save(name: str, model: onnx.ModelProto) -> None:
    onnx.checker.check_model(model)
    path = OUT / f"{name}.onnx"
    onnx.save(model, path)
    print(f"{path}: {path.stat().st_size} bytes")


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("checkpoint", type=Path)
    ask.add_argument("--photos", type=Path, required=True)
    ask.add_argument("--fonts", nargs="+", required=True)
    ask.add_argument("--symbols", nargs="+", required=True)
    given = ask.parse_args()
    fonts, symbols = ([path for glob_ in some for path in sorted(glob.glob(glob_))] for some in (given.fonts, given.symbols))
    scenes = list(drawn(Drawer(given.photos, fonts, symbols)))[:SCENES]
    kept = torch.load(given.checkpoint, map_location="cpu")
    find, match = Finder(), Matcher()
    find.load_state_dict(kept["find"])
    match.load_state_dict(kept["match"])
    size = {1: "h", 2: "w"}
    finder = float_graph(
        ExportedFinder(find), torch.zeros(1, 64, 96, 3, dtype=torch.uint8), ["image"], ["centre", "side"],
        {"image": size, "centre": {1: "p", 2: "q"}, "side": {1: "p", 2: "q"}},
    )  # fmt: skip
    matcher = float_graph(ExportedMatcher(match), torch.zeros(3, SIDE, SIDE, 3), ["crops"], ["codes"], {"crops": {0: "n"}, "codes": {0: "n"}})
    save("clickFinder", quantise_finder(finder, scenes))
    save("clickMatcher", quantise_matcher(matcher, scenes))


if __name__ == "__main__":
    main()

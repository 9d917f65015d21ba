"""Both nets -> models/clickFinder.onnx and models/clickMatcher.onnx, int8, and models/click.fp16.pt to go on from.

    python -m training.click.export training/runs/click/click.pt --photos photos.pickle --fonts GLOB --symbols GLOB

Photographs and fonts are those of the training: the ranges of the bytes are set on drawn scenes.

clickFinder   `image`: uint8 (1, H, W, 3), RGB, sides multiples of 16
              `centre`: float32 (1, H/4, W/4), probability of a mark's centre; `side`: likewise, its side in pixels
clickMatcher  `asked`, `seen`: float32 (A, 40, 40, 3) and (B, 40, 40, 3), RGB, 0 to 255
              `alike`: float32 (A, B), logits: a softmax over what is seen tells which of it is the one that is asked for
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

    def forward(self, asked: Tensor, seen: Tensor) -> Tensor:
        crops = torch.cat([asked, seen])
        flat = crops.flatten(1)
        mean = flat.mean(1, keepdim=True)
        deviation = (flat - mean).pow(2).mean(1, keepdim=True).sqrt()
        even = ((flat - mean) / (deviation + 4)).reshape(-1, SIDE, SIDE, 3)
        codes, maps = self.net.look(even.permute(0, 3, 1, 2))
        count = asked.shape[0]
        return self.net.alike((codes[:count], maps[:count]), (codes[count:], maps[count:]))


def float_graph(net: nn.Module, examples: tuple[Tensor, ...], inputs: list[str], outputs: list[str], axes: dict) -> onnx.ModelProto:
    file = io.BytesIO()
    torch.onnx.export(net.eval(), examples, file, input_names=inputs, output_names=outputs, dynamic_axes=axes, opset_version=17, dynamo=False)
    return onnx.load_from_string(file.getvalue())


def finder_graph(find: Finder) -> onnx.ModelProto:
    size = {1: "h", 2: "w"}
    axes = {"image": size, "centre": {1: "p", 2: "q"}, "side": {1: "p", 2: "q"}}
    return float_graph(ExportedFinder(find), (torch.zeros(1, 64, 96, 3, dtype=torch.uint8),), ["image"], ["centre", "side"], axes)


def matcher_graph(match: Matcher) -> onnx.ModelProto:
    axes = {"asked": {0: "a"}, "seen": {0: "b"}, "alike": {0: "a", 1: "b"}}
    crops = torch.zeros(3, SIDE, SIDE, 3), torch.zeros(2, SIDE, SIDE, 3)
    return float_graph(ExportedMatcher(match), crops, ["asked", "seen"], ["alike"], axes)


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
    def cuts(picture: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        return np.stack([cut_out(picture, x, y, MARGIN * side) for x, y, side in boxes if side > 4])

    return {"asked": cuts(scene.prompt, scene.wanted), "seen": cuts(scene.picture, scene.boxes)}


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
    halves = {net: {k: v.half() if v.is_floating_point() else v for k, v in state.items()} for net, state in kept.items()}
    torch.save(halves, OUT / "click.fp16.pt")
    save("clickFinder", quantise_finder(finder_graph(find), scenes))
    save("clickMatcher", quantise_matcher(matcher_graph(match), scenes))


if __name__ == "__main__":
    main()

"""Both nets -> models/clickFinder.onnx and models/clickMatcher.onnx: python -m training.click.export training/runs/click/click.pt

clickFinder   `image`: uint8 (1, H, W, 3), RGB, sides multiples of 16
              `centre`: float32 (1, H/4, W/4), probability of a mark's centre; `side`: likewise, its side in pixels
clickMatcher  `crops`: float32 (N, 40, 40, 3), RGB, 0 to 255
              `codes`: float32 (N, 64), of length 1: two marks are alike as far as their codes' product is high
"""

from __future__ import annotations

import sys
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from training.click.net import SIDE, Finder, Matcher

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


def write(name: str, net: nn.Module, example: Tensor, inputs: list[str], outputs: list[str], axes: dict) -> None:
    path = OUT / f"{name}.onnx"
    torch.onnx.export(net.eval(), (example,), path, input_names=inputs, output_names=outputs, dynamic_axes=axes, opset_version=17, dynamo=False)
    onnx.checker.check_model(onnx.load(path))
    print(f"{path}: {path.stat().st_size} bytes")


def main(checkpoint: str) -> None:
    kept = torch.load(checkpoint, map_location="cpu")
    find, match = Finder(), Matcher()
    find.load_state_dict(kept["find"])
    match.load_state_dict(kept["match"])
    size = {1: "h", 2: "w"}
    write(
        "clickFinder", ExportedFinder(find), torch.zeros(1, 64, 96, 3, dtype=torch.uint8), ["image"], ["centre", "side"],
        {"image": size, "centre": {1: "p", 2: "q"}, "side": {1: "p", 2: "q"}},
    )  # fmt: skip
    write("clickMatcher", ExportedMatcher(match), torch.zeros(3, SIDE, SIDE, 3), ["crops"], ["codes"], {"crops": {0: "n"}, "codes": {0: "n"}})


if __name__ == "__main__":
    main(sys.argv[1])

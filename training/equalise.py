"""Evens out the ranges of channels before a net becomes int8; what it computes stays the same.

A byte has one scale for all channels of a tensor, so a channel of small range is left with a few levels. Multiplying
what a layer writes to a channel and dividing what the next layers read from it moves range from numbers to weights,
which have a scale for each channel that they make (Nagel et al. 2019, arXiv 1906.04721; Xiao et al. 2022, 2211.10438).
"""

from collections import defaultdict

import numpy as np
import torch
from torch import Tensor, nn

from training.net import Block, TextNet, normalise

SHARE = 0.5  # of a channel's unevenness that mixing readers take over: all of it would make their weights as uneven


class Ranges:
    """Greatest magnitude of each channel of the modules' outputs, over all images seen."""

    def __init__(self, modules: dict[str, nn.Module]) -> None:
        self.most: dict[str, Tensor] = defaultdict(lambda: torch.zeros(1))
        self.hooks = [m.register_forward_hook(self._watch(name)) for name, m in modules.items()]

    def _watch(self, name: str):
        def hook(module: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
            self.most[name] = torch.maximum(self.most[name], made.abs().amax((0, 2, 3)))

        return hook

    def close(self) -> None:
        for hook in self.hooks:
            hook.remove()


def rescale(writers: list[nn.Conv2d], readers: list[nn.Conv2d], most: Tensor) -> None:
    """Moves range of the channels whose magnitudes are `most` from what `writers` write to the weights of `readers`.

    A depthwise reader has a weight of its own for each channel: to it all unevenness can go.
    """
    mixing = [r for r in readers if r.groups == 1]
    factor = most.clamp(min=1e-3 * float(most.max()))
    if mixing:
        reach = torch.stack([r.weight.abs().amax((0, 2, 3)) for r in mixing]).amax(0)
        factor = factor**SHARE / reach.clamp(min=1e-3 * float(reach.max())) ** (1 - SHARE)
    factor = factor / factor.log().mean().exp()
    for w in writers:
        w.weight.div_(factor[:, None, None, None])
        w.bias.div_(factor)
    for r in readers:
        if r.groups == 1:
            r.weight.mul_(factor[None, :, None, None])
        else:
            r.weight.mul_(factor[:, None, None, None])


def measured(net: TextNet, images: list[np.ndarray]) -> dict[str, Tensor]:
    """Ranges of what every convolution and every block makes of (1, 48, W, 3) `images`."""
    ranges = Ranges({name: m for name, m in net.named_modules() if isinstance(m, nn.Conv2d | Block)})
    for image in images:
        net(normalise(torch.from_numpy(image)))
    ranges.close()
    return ranges.most


@torch.no_grad()
def equalise(net: TextNet, images: list[np.ndarray]) -> None:
    """Evens out `net` in place, by what it makes of (1, H, W, 3) uint8 BGR `images`; some 120 are enough."""
    most = measured(net, images)
    rescale([net.stem.merge], [net.stem.expand], most["stem.merge"])
    rescale([net.stem.expand], [net.blocks[0].space], most["stem.expand"])
    for i, block in enumerate(net.blocks):
        inner = [block.expand] if isinstance(block.squeeze, nn.Identity) else [block.expand, block.squeeze.down]
        last = i + 1 == len(net.blocks)
        outer = [net.neck.skip, net.neck.enter] if last else [net.blocks[i + 1].space]
        space, whole = most[f"blocks.{i}.space"], most[f"blocks.{i}"]
        if block.shortcut:
            rescale(
                [block.space, block.project],
                [*inner, *outer],
                torch.maximum(space, whole),
            )
        else:
            rescale([block.space], inner, space)
            rescale([block.project], outer, whole)

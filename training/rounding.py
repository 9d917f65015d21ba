"""The net as it will compute in bytes, while it is still trained (Jacob et al. 2018, arXiv 1712.05877).

Under `Rounding` every convolution uses weights of int8, one scale an output channel, and each result that quantise.py
keeps in a byte is rounded to one of 256 levels; gradients pass as if nothing had been rounded.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from training.net import TextNet, normalise

LEVELS = 255

# What makes a number that quantise.py keeps in a byte.
OPERATIONS = {
    torch.conv2d,
    F.relu,
    F.silu,
    F.hardsigmoid,
    F.max_pool2d,
    F.avg_pool2d,
    torch.cat,
    Tensor.mean,
    Tensor.add,
    Tensor.__add__,
    Tensor.mul,
    Tensor.__mul__,
}


def to_levels(x: Tensor, step: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """`x` in whole multiples of `step`, from `low` to `high` of them."""
    return ((x.float() / step).round().clamp(low, high) * step).to(x.dtype)


class _Rounded(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, to_levels: Callable[..., Tensor], *levels: Tensor) -> Tensor:
        return to_levels(x, *levels)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        return gradient, None, None, None, None


def rounded_weight(weight: Tensor) -> Tensor:
    """A convolution's weight in 255 even steps around 0, for each of its outputs."""
    step = weight.detach().abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12) / 127
    most = torch.tensor(127.0, device=weight.device)
    return _Rounded.apply(weight, to_levels, step, -most, most)


def levels_of(low: float, high: float, device: torch.device | None = None) -> tuple[Tensor, ...]:
    """Step, lowest and highest multiple of it, for 255 even steps from `low` <= 0 to `high` >= 0, of which one is 0."""
    step = max(high - low, 1e-6) / LEVELS
    zero = round(-low / step)
    # As tensors: the compiler would make a program of its own for each number.
    return torch.tensor([step, -zero, LEVELS - zero], device=device).unbind()


def rounded(x: Tensor, levels: tuple[Tensor, ...], to_levels: Callable[..., Tensor] = to_levels) -> Tensor:
    """`x` in the steps of `levels_of`."""
    return _Rounded.apply(x, to_levels, *levels)


class Rounding(TorchFunctionMode):
    """A context in which `net` computes as in bytes, but for its attention and what comes after.

    Its operations are told apart by their order. A new one only measures the ranges of their results, until `fix`.
    """

    def __init__(self, net: TextNet, compiled: bool) -> None:
        # In one pass over memory: in five it takes as long as the convolutions.
        self.to_levels = torch.compile(to_levels, dynamic=True) if compiled else to_levels
        self.functions: list[Callable[..., Any]] = []
        self.ranges: list[tuple[float, float] | None] = []
        self.levels: list[tuple[Tensor, ...] | None] = []
        self.device = next(net.parameters()).device
        self.fixed = False
        self.place = -1  # of the next operation; -1 where nothing is rounded
        net.register_forward_pre_hook(self._begin)
        net.neck.far.register_forward_pre_hook(self._end)
        super().__init__()

    def _begin(self, *_: object) -> None:
        self.place = 0

    def _end(self, *_: object) -> None:
        self.place = -1

    def fix(self) -> None:
        """From now on rounds; what only a ReLU reads never lies in memory, and stays as it is."""
        for place, function in enumerate(self.functions[1:]):
            if function is F.relu:
                self.ranges[place] = None
        self.levels = [levels_of(*reach, self.device) if reach else None for reach in self.ranges]
        self.fixed = True

    def __torch_function__(
        self, function: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if self.place < 0 or function not in OPERATIONS:
            return function(*args, **kwargs)
        if function is F.silu:
            gate = self._result(torch.sigmoid, torch.sigmoid(args[0]))
            return self._result(torch.mul, args[0] * gate)
        if function is torch.conv2d and self.fixed:
            args = (args[0], rounded_weight(args[1]), *args[2:])
        return self._result(function, function(*args, **kwargs))

    def _result(self, function: Callable[..., Any], x: Tensor) -> Tensor:
        place = self.place
        self.place += 1
        if self.fixed:
            levels = self.levels[place]
            return rounded(x, levels, self.to_levels) if levels else x
        if place == len(self.ranges):
            self.ranges.append((0.0, 0.0))
            self.functions.append(function)
        low, high = self.ranges[place] or (0.0, 0.0)
        self.ranges[place] = min(low, float(x.min())), max(high, float(x.max()))
        return x


@torch.no_grad()
def rounding_of(net: TextNet, images: list[np.ndarray], compiled: bool = False) -> Rounding:
    """Rounding for `net` by the ranges that (1, H, W, 3) uint8 BGR `images` take; `compiled` wants a compiler."""
    rounding = Rounding(net, compiled)
    with rounding:
        for image in images:
            net(normalise(torch.from_numpy(image).to(rounding.device)))
    rounding.fix()
    return rounding

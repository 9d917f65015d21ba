"""Muon for the matrices that mix channels, AdamW for everything else (Jordan et al. 2024, Liu et al. 2025).

With BatchNorm folded away, AdamW has to go slowly; a step of Muon has the same length in every direction of a matrix.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

DECAY = 0.01
RATIO = 2.0  # Muon's learning rate to AdamW's, both in AdamW's measure


def mixes(name: str, parameter: nn.Parameter) -> bool:
    """Whether it is the matrix of a linear layer or of a 1x1 convolution; the head's rows belong to classes."""
    plane = parameter.ndim == 2 or (parameter.ndim == 4 and parameter.shape[2:] == (1, 1))
    return plane and not name.startswith("head")


class Optimiser:
    """One step for all parameters of `net`, whose memory they share; make it where the net will stay."""

    def __init__(self, net: nn.Module, mixes: Callable[[str, nn.Parameter], bool] = mixes) -> None:
        self.net = net
        named = list(net.named_parameters())
        self.mixing = [p for name, p in named if mixes(name, p)]
        # torch's Muon takes matrices alone: these are the same numbers, seen without the two axes of length 1.
        self.matrices = [nn.Parameter(p.data.flatten(1)) for p in self.mixing]
        others = [p for name, p in named if not mixes(name, p)]
        groups = [
            {"params": [p for p in others if p.ndim > 1], "weight_decay": DECAY},
            {"params": [p for p in others if p.ndim == 1], "weight_decay": 0.0},
        ]
        self.adamw = torch.optim.AdamW(groups, fused=True)
        self.muon = torch.optim.Muon(self.matrices, weight_decay=DECAY, adjust_lr_fn="match_rms_adamw")

    def step(self, rate: float) -> None:
        """Uses up the gradients; `rate` is AdamW's."""
        for matrix, parameter in zip(self.matrices, self.mixing):
            matrix.grad = None if parameter.grad is None else parameter.grad.flatten(1)
        for optimiser, factor in ((self.adamw, 1.0), (self.muon, RATIO)):
            for group in optimiser.param_groups:
                group["lr"] = rate * factor
            optimiser.step()
        self.net.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        return {"adamw": self.adamw.state_dict(), "muon": self.muon.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.adamw.load_state_dict(state["adamw"])
        self.muon.load_state_dict(state["muon"])

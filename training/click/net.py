"""Two small nets for click puzzles: one finds marks in a picture or a prompt, the other tells which are the same."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDE = 4
SIDE = 40
"""Side of the crop that is compared."""
TEMPERATURE = 0.1
"""Of codes' products."""
KEY = 3
"""Every so many pixels, both ways, one is looked at for the colours of a crop."""


def conv(a: int, b: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU(True))


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.one = conv(width, width)
        self.two = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.two(self.one(x)))


class Finder(nn.Module):
    """(N, 3, H, W), RGB / 127.5 - 1, sides multiples of 16 -> (N, 2, H/4, W/4): logit of a centre, log of side / 24."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv(3, 16, 2), conv(16, 32, 2), Residual(32))
        self.middle = nn.Sequential(conv(32, 64, 2), Residual(64))
        self.deep = nn.Sequential(conv(64, 96, 2), Residual(96), Residual(96))
        self.from_deep = nn.Conv2d(96, 64, 1)
        self.from_middle = nn.Conv2d(64, 32, 1)
        self.head = nn.Sequential(conv(32, 32), conv(32, 32), nn.Conv2d(32, 2, 1))
        nn.init.constant_(self.head[-1].bias, 0)
        self.head[-1].bias.data[0] = -4

    def forward(self, x: Tensor) -> Tensor:
        fine = self.stem(x)
        middle = self.middle(fine)
        deep = self.deep(middle)
        middle = middle + F.interpolate(self.from_deep(deep), scale_factor=2.0, mode="nearest")
        fine = fine + F.interpolate(self.from_middle(middle), scale_factor=2.0, mode="nearest")
        return self.head(fine)


class Matcher(nn.Module):
    """How alike marks are: of crops (N, 3, 40, 40), each with mean 0 and deviation 1, N x M logits.

    `look` turns a crop into a code of length 1 and a map of what is where; `alike` compares.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(5, 24), conv(24, 32, 2), Residual(32), conv(32, 64, 2), Residual(64), conv(64, 128, 2), Residual(128)
        )
        self.out = nn.Linear(256, 64)
        self.plan = nn.Conv2d(128, PLAN, 1)
        self.pair = Pair()
        at = (torch.arange(KEY // 2, SIDE, KEY) + 0.5) * 2 / SIDE - 1
        far = torch.maximum(at.abs()[:, None], at.abs()[None]).flatten()
        weights = torch.stack([(-4 * far**2).exp(), (far > 0.8).float()], 1)
        self.register_buffer("places", weights / weights.sum(0), persistent=False)

    @torch.no_grad()
    @torch.autocast("cpu", enabled=False)
    def cues(self, x: Tensor) -> Tensor:
        """(N, 2, 40, 40): how much more often a pixel's colour is in the middle than at the edge, -1 to 1; wide and narrow.

        Marks may have any colour: what figure is and what ground is hardly shows in a colour by itself.
        """
        colours = x[:, :, ::2, ::2].flatten(2).transpose(1, 2)
        keys = x[:, :, KEY // 2 :: KEY, KEY // 2 :: KEY].flatten(2)
        apart = colours.pow(2).sum(2, keepdim=True) + keys.pow(2).sum(1, keepdim=True) - 2 * colours @ keys
        wide = (-2 * apart).exp()
        found = [near @ self.places + 1e-4 for near in (wide, wide.square().square())]
        share = torch.stack([each[..., 0] / each.sum(2) for each in found], 1).unflatten(2, (SIDE // 2, SIDE // 2))
        return 2 * F.interpolate(share, scale_factor=2.0, mode="bilinear", align_corners=False) - 1

    def look(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 64) codes, (N, PLAN, 5, 5) maps."""
        x = self.body(torch.cat([x, self.cues(x)], 1))
        pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
        return F.normalize(self.out(pooled), dim=1), self.plan(x)

    def alike(self, asked: tuple[Tensor, Tensor], seen: tuple[Tensor, Tensor]) -> Tensor:
        """Codes and maps of A and of B crops -> (A, B) logits."""
        return asked[0] @ seen[0].T / TEMPERATURE + self.pair(asked[1], seen[1])


PLAN = 64
"""Channels of what a pair is compared by, place by place."""
PAIR = 48


class Pair(nn.Module):
    """(A, PLAN, 5, 5), (B, PLAN, 5, 5) -> (A, B): what two crops have in common where they have it."""

    def __init__(self) -> None:
        super().__init__()
        self.both = nn.Conv2d(PLAN, PAIR, 1)
        self.apart = nn.Conv2d(PLAN, PAIR, 1, bias=False)
        self.places = nn.Parameter(torch.zeros(PAIR, SIDE // 8, SIDE // 8))
        self.near = nn.Conv2d(PAIR, PAIR, 3, 1, 1)
        self.out = nn.Linear(2 * PAIR, 1)
        nn.init.zeros_(self.out.weight)

    def forward(self, asked: Tensor, seen: Tensor) -> Tensor:
        one, other = asked[:, None], seen[None]
        both, apart = (one * other).flatten(0, 1), (one - other).abs().flatten(0, 1)
        x = F.relu(self.both(both) + self.apart(apart) + self.places)
        x = x + F.relu(self.near(x))
        return self.out(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)).reshape(asked.shape[0], seen.shape[0])

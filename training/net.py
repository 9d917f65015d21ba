"""The text nets: PP-OCRv6_rec_small's layers as a plain module, with a head for our own characters.

The small one is layer by layer the graph of PP-OCRv6_rec_small.onnx (Apache-2.0, PaddlePaddle), with BatchNorm folded
into the convolutions and SiLU for GELU; `start.py` fills it with that file's weights. 3.0 million parameters, 446
million multiply-adds on an image of 48 x 144, nine tenths of them in 1x1 convolutions. The large one has as many
again: blocks that see further, and attention. Nothing is read with it: the small one learns from it where both train.
"""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FEATURES = 120  # numbers a step before the head


class Stem(nn.Module):
    """(N, 3, H, W) -> (N, 96, H/4, W/4)."""

    def __init__(self) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(3, 48, 3, 2, 1)
        self.narrow = nn.Conv2d(48, 24, 2)
        self.widen = nn.Conv2d(24, 48, 2)
        self.merge = nn.Conv2d(96, 48, 3, 2, 1)
        self.expand = nn.Conv2d(48, 96, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.reduce(x))
        # 2x2 windows at stride 1 keep the size by one more row and column at the end (SAME_UPPER);
        # zero does for max-pooling too, since x is never negative here.
        fine = F.relu(self.narrow(F.pad(x, (0, 1, 0, 1))))
        fine = F.relu(self.widen(F.pad(fine, (0, 1, 0, 1))))
        coarse = F.max_pool2d(F.pad(x, (0, 1, 0, 1)), 2, 1)
        x = F.relu(self.merge(torch.cat([coarse, fine], 1)))
        return F.relu(self.expand(x))


class Squeeze(nn.Module):
    """Squeeze-and-excitation: each channel scaled by a gate that sees the whole picture."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(width, width // 4, 1)
        self.up = nn.Conv2d(width // 4, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = F.relu(self.down(x.mean((2, 3), keepdim=True)))
        return x * F.hardsigmoid(self.up(gate))


class Block(nn.Module):
    """Depthwise 3x3 over space, then a two-layer 1x1 mix over channels with SiLU between.

    The original has GELU there. x sigmoid(1.702 x) stays within 0.02 of it, the factor lies in the weights
    (see start.py), and in int8 a sigmoid is a table: 4.6 ms an image with GELU, 3.3 with SiLU. `stride` 2 halves the
    height only; such a block and one that changes the width has no shortcut.
    """

    activate = staticmethod(F.silu)

    def __init__(self, width: int, out: int, stride: int = 1, squeeze: bool = False, window: int = 3) -> None:
        super().__init__()
        self.space = nn.Conv2d(width, width, window, (stride, 1), window // 2, groups=width)
        self.squeeze = Squeeze(width) if squeeze else nn.Identity()
        self.expand = nn.Conv2d(width, width * 2 if stride == 1 else out, 1)
        self.project = nn.Conv2d(self.expand.out_channels, out, 1)
        self.shortcut = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(self.space(x))
        mixed = self.project(self.activate(self.expand(x)))
        return x + mixed if self.shortcut else mixed


class Attention(nn.Module):
    """One transformer layer over the steps, 8 heads of 15: (N, T, 120) -> (N, T, 120)."""

    HEADS = 8

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(FEATURES, 1e-5)
        self.qkv = nn.Linear(FEATURES, 3 * FEATURES)
        self.out = nn.Linear(FEATURES, FEATURES)
        self.norm2 = nn.LayerNorm(FEATURES, 1e-5)
        self.up = nn.Linear(FEATURES, 2 * FEATURES)
        self.down = nn.Linear(2 * FEATURES, FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        n, t, _ = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(n, t, 3, self.HEADS, FEATURES // self.HEADS)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2)).softmax(-1)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(n, t, FEATURES))
        return x + self.down(F.silu(self.up(self.norm2(x))))


class Neck(nn.Module):
    """(N, 384, H/16, W/4) -> (N, W/8, 120): height pooled away, then neighbours, then the whole line."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.skip = nn.Conv2d(384, FEATURES, 1)
        self.enter = nn.Conv2d(384, FEATURES, 1)
        self.near = nn.Conv2d(FEATURES, FEATURES, (1, 7), padding=(0, 3), groups=FEATURES)
        self.far = nn.Sequential(*(Attention() for _ in range(layers)))
        self.norm = nn.LayerNorm(FEATURES, 1e-5)

    def forward(self, x: Tensor) -> Tensor:
        # Two steps, so that any number of rows will do.
        x = F.avg_pool2d(x, (1, 2)).mean(2, keepdim=True)
        skip = F.silu(self.skip(x))
        x = F.silu(self.enter(x))
        x = x + F.silu(self.near(x))
        x = self.norm(self.far(x.flatten(2).transpose(1, 2)))
        return x + skip.flatten(2).transpose(1, 2)


# Blocks that the large net has on top, after those of each width; and its attention layers.
ADDED = {96: 1, 192: 6, 384: 4}
LAYERS = {"small": 2, "large": 4}
SIZES = tuple(LAYERS)


def _blocks(size: str) -> list[Block]:
    counts = ADDED if size == "large" else dict.fromkeys(ADDED, 0)
    added = {width: [Block(width, width, window=5) for _ in range(count)] for width, count in counts.items()}
    return [
        Block(96, 96, squeeze=True),
        Block(96, 96),
        Block(96, 96),
        *added[96],
        Block(96, 192, stride=2),
        Block(192, 192, squeeze=True),
        Block(192, 192),
        Block(192, 192, squeeze=True),
        Block(192, 192),
        Block(192, 192, squeeze=True),
        Block(192, 192),
        *added[192],
        Block(192, 384, stride=2),
        Block(384, 384, squeeze=True),
        Block(384, 384),
        *added[384],
    ]


class TextNet(nn.Module):
    """(N, 3, H, W) BGR in -1..1 -> (N, W/8, classes) logits; class 0 is the CTC blank.

    H a multiple of 16, trained at picture.HEIGHTS and HIGHEST; W a multiple of 8. `size` is one of SIZES.
    """

    def __init__(self, classes: int, size: str = "small") -> None:
        super().__init__()
        self.size = size
        self.stem = Stem()
        self.blocks = nn.Sequential(*_blocks(size))
        self.neck = Neck(LAYERS[size])
        self.head = nn.Linear(FEATURES, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.neck(self.blocks(self.stem(x))))


@torch.no_grad()
def grown(small: TextNet) -> TextNet:
    """A large net that computes what `small` does: what it has on top adds nothing yet."""
    net = TextNet(small.head.out_features, "large")
    net.stem, net.head = copy.deepcopy(small.stem), copy.deepcopy(small.head)
    trained = iter(copy.deepcopy(small.blocks))
    for i, block in enumerate(net.blocks):
        if block.space.kernel_size == (3, 3):
            net.blocks[i] = next(trained)
        else:
            # The shortcut begins behind the window.
            for parameter in (block.project.weight, block.project.bias, block.space.weight, block.space.bias):
                parameter.zero_()
            block.space.weight[:, :, 2, 2] = 1
    layers = [*copy.deepcopy(small.neck.far), *list(net.neck.far)[len(small.neck.far) :]]
    for layer in layers[len(small.neck.far) :]:
        for parameter in (layer.out.weight, layer.out.bias, layer.down.weight, layer.down.bias):
            parameter.zero_()
    net.neck = copy.deepcopy(small.neck)
    net.neck.far = nn.Sequential(*layers)
    return net


def normalise(images: Tensor) -> Tensor:
    """(N, H, W, 3) uint8 BGR -> (N, 3, H, W) float32 in -1..1, channels last in memory."""
    return images.permute(0, 3, 1, 2).float() / 127.5 - 1

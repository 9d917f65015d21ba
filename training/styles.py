"""How well each style of the synthesiser is read, and how large a share of training it gets for that."""

import zlib

import numpy as np

from training.batches import draw_width
from training.ctc import greedy
from training.net import TextNet
from training.reading import score_all, torch_scorer
from training.synth import STYLES, Synthesiser

FIXED = 24  # validation images a style
EVEN = 0.6  # part of training that is shared evenly: no style is ever forgotten
MOST = 2.0  # no style gets more than this many even shares: some images are beyond reading


class StyleCheck:
    """The fixed validation images, FIXED a style, the same in every run of one version of the synthesiser."""

    def __init__(self, synthesiser: Synthesiser) -> None:
        self.samples = []
        for style in STYLES:
            for i in range(FIXED):
                # By name, not by place, so that a new style leaves the images of the others alone;
                # above 2**40, where training never comes.
                seed = (1 << 40) + zlib.crc32(style.encode()) * FIXED + i
                width = draw_width(np.random.default_rng(seed))
                self.samples.append(synthesiser.sample(seed, width, style=style))

    def read(self, net: TextNet) -> dict[str, float]:
        """Share of exact readings (letter case counts) of each style."""
        scores = score_all(torch_scorer(net), [s.image for s in self.samples])
        right = [greedy(score[None])[0] == sample.text for score, sample in zip(scores, self.samples)]
        return {style: float(np.mean(right[i * FIXED : (i + 1) * FIXED])) for i, style in enumerate(STYLES)}


def shares(exact: dict[str, float], favoured: dict[str, float] | None = None) -> np.ndarray:
    """Each style's share of the images to come, in the order of STYLES, from its exact readings.

    favoured: styles that get this many times as much, such as new ones that a trained net has never met.
    """
    errors = np.array([1 - exact.get(style, 0.5) for style in STYLES]) + 0.02
    even = 1 / len(STYLES)
    share = np.minimum(EVEN * even + (1 - EVEN) * errors / errors.sum(), MOST * even)
    share *= [(favoured or {}).get(style, 1.0) for style in STYLES]
    return share / share.sum()

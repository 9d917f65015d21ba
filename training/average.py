"""Weights between nets.

    python -m training.average training/runs/text/checkpoint.pt --corpus DIR [--limit N]

prints the mean exact match for shares of the trained weights from 0 to 1, beside the starting ones (WiSE-FT, Wortsman
et al. 2022, arXiv 2109.01903).

    python -m training.average training/runs/text/checkpoint.pt --with models/text.fp16.pt [--share 0.5] --out mean.pt

writes the mean of two trained nets, as export takes it: of those that a run left before and after its rate rose and fell
again (stochastic weight averaging, Izmailov et al. 2018, arXiv 1803.05407).
"""

import argparse
import copy
from pathlib import Path

import numpy as np
import torch

from training import checkpoint
from training.corpus import load_corpus
from training.evaluate import evaluate
from training.net import TextNet
from training.reading import torch_scorer
from training.start import starting_net

RELEASED = 0.95  # share of the trained weights in the models that are released
SHARES = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def blend(trained: TextNet, start: TextNet, alpha: float) -> TextNet:
    """A net with `alpha` of the trained weights and 1 - `alpha` of the starting ones."""
    net = copy.deepcopy(trained)
    with torch.no_grad():
        for weight, other in zip(net.parameters(), start.parameters()):
            weight.lerp_(other, 1 - alpha)
    return net


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.average")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--limit", type=int, default=24)
    parser.add_argument("--with", type=Path, dest="other", help="another trained net")
    parser.add_argument("--share", type=float, default=0.5, help="of the first in their mean")
    parser.add_argument("--out", type=Path, help="where their mean goes")
    chosen = parser.parse_args()
    trained, progress = checkpoint.averaged_net(chosen.checkpoint)
    if chosen.other and chosen.out:
        other, _ = checkpoint.averaged_net(chosen.other)
        return checkpoint.keep(blend(trained, other, chosen.share), progress, chosen.out)
    if not chosen.corpus:
        parser.error("--corpus, or --with and --out")
    start = starting_net()
    families = load_corpus(chosen.corpus, chosen.limit)
    for alpha in SHARES:
        score = torch_scorer(blend(trained, start, alpha).eval(), exact=True)
        exact = [evaluate(score, family).exact for family in families]
        print(f"{alpha:.1f} of the trained weights: {np.mean(exact):.1f} %", flush=True)


if __name__ == "__main__":
    main()

"""The trained net -> models/text.onnx, for the server, and models/text.fp16.pt, from which training can go on.

    python -m training.export training/runs/text/checkpoint.pt [--size small] [--alpha A] [--closer] [--out FILE]

Without --out the checkpoint's averaged weights are kept as well: training goes on from them. --closer writes models/text.closer.onnx, the net of second looks, instead: it computes in float32.

--alpha A averages with the weights before training: A of the trained ones, 1 - A of PP-OCRv6's (training.average
tells the best). Prints how far the file is from PyTorch on 1,000 synthetic images, its size, and milliseconds.
What goes in and out is in graph.py.
"""

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import onnx

from training import checkpoint
from training.average import RELEASED, blend
from training.checkpoint import Progress
from training.ctc import greedy
from training.equalise import equalise
from training.graph import attach_bytes, describe, float_graph, store_in_halves
from training.net import SIZES, TextNet
from training.quantise import CALIBRATION, FIRST_SEED, calibration_images, quantise
from training.reading import onnx_scorer, open_session, score_all, torch_scorer
from training.start import starting_net

MODEL = checkpoint.MODELS / "text.onnx"
CLOSER = checkpoint.MODELS / "text.closer.onnx"


def build(net: TextNet, progress: Progress, integers: bool = True) -> onnx.ModelProto:
    """The ONNX model of `net`, in int8 or in float32."""
    if integers and not progress.finished:
        net = copy.deepcopy(net)
        equalise(net)
    model = float_graph(net)
    if integers:
        model = quantise(model, calibration_images(CALIBRATION))
    else:
        store_in_halves(model)
    attach_bytes(model)
    describe(model, progress.images)
    onnx.checker.check_model(model)
    return model


def compare(net: TextNet, path: Path, count: int = 1000) -> tuple[float, float]:
    """Over synthetic images: share of equal readings, greatest difference of a probability from PyTorch's."""
    images = [image[0] for image in calibration_images(count, FIRST_SEED + CALIBRATION)]
    theirs = score_all(torch_scorer(net, exact=True), images)
    ours = score_all(onnx_scorer(path), images)
    same, worst = [], 0.0
    for a, b in zip(theirs, ours):
        exponent = np.exp(a - a.max(-1, keepdims=True))
        worst = max(worst, float(np.abs(exponent / exponent.sum(-1, keepdims=True) - np.exp(b)).max()))
        same.append(greedy(a[None]) == greedy(b[None]))
    return float(np.mean(same)), worst


def milliseconds(path: Path, width: int = 144, batch: int = 8) -> float:
    """Fastest of 50 runs on one thread, for an image of 48 x `width`."""
    session = open_session(path)
    images = np.random.default_rng(0).integers(0, 256, (batch, 48, width, 3), np.uint8)
    best = float("inf")
    for _ in range(50):
        start = time.perf_counter()
        session.run(None, {"image": images})
        best = min(best, time.perf_counter() - start)
    return best * 1000 / batch


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.export")
    parser.add_argument("checkpoint", type=Path, nargs="?", help="(default: the kept weights)")
    parser.add_argument("--size", default="small", choices=SIZES)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--alpha", type=float, default=RELEASED)
    parser.add_argument("--closer", action="store_true", help="the net of second looks, in float32")
    chosen = parser.parse_args()
    size, out = chosen.size, chosen.out or (CLOSER if chosen.closer else MODEL)
    trained, progress = checkpoint.averaged_net(chosen.checkpoint or checkpoint.KEPT[size], size)
    blended = size == "small" and not progress.finished
    net = blend(trained, starting_net(), chosen.alpha).eval() if blended else trained
    out.parent.mkdir(exist_ok=True)
    onnx.save(build(net, progress, not chosen.closer), out)
    same, worst = compare(net, out)
    if chosen.checkpoint and not chosen.out and not progress.finished:
        # Without the blend: what training goes on from is what training left.
        checkpoint.keep(trained, progress, checkpoint.KEPT[size])
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB, {progress.images:,} images seen")
    print(f"same reading as PyTorch on {same:.1%} of 1,000 synthetic images, probabilities within {worst:.3f}")
    print(f"{milliseconds(out):.2f} ms an image of 48 x 144, one thread, batches of 8")


if __name__ == "__main__":
    main()

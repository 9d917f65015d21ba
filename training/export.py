"""The trained net -> models/text.onnx, for the server, and models/text.fp16.pt, from which training can go on.

    python -m training.export training/runs/text/checkpoint.pt [--alpha A] [--float] [--narrow]

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
import onnxruntime

from training import checkpoint
from training.average import blend
from training.ctc import greedy
from training.equalise import equalise
from training.graph import attach_bytes, describe, float_graph
from training.net import TextNet
from training.quantise import FIRST_SEED, calibration_images, quantise
from training.reading import onnx_scorer, score_all, torch_scorer
from training.start import starting_net

MODEL = checkpoint.KEPT.parent / "text.onnx"
CALIBRATION = 240  # images


def build(net: TextNet, images_seen: int, integers: bool = True, narrow: bool = False) -> onnx.ModelProto:
    """The ONNX model of `net`, in int8 or in float32."""
    if integers:
        net = copy.deepcopy(net)
        equalise(net)
    model = float_graph(net)
    if integers:
        model = quantise(model, calibration_images(CALIBRATION), narrow=narrow)
    attach_bytes(model)
    describe(model, images_seen)
    onnx.checker.check_model(model)
    return model


def compare(net: TextNet, path: Path, count: int = 1000) -> tuple[float, float]:
    """Over synthetic images: share of equal readings, greatest difference of a probability from PyTorch's."""
    images = [image[0] for image in calibration_images(count, FIRST_SEED + CALIBRATION)]
    theirs = score_all(torch_scorer(net, half=False), images)
    ours = score_all(onnx_scorer(path), images)
    same, worst = [], 0.0
    for a, b in zip(theirs, ours):
        exponent = np.exp(a - a.max(-1, keepdims=True))
        worst = max(worst, float(np.abs(exponent / exponent.sum(-1, keepdims=True) - np.exp(b)).max()))
        same.append(greedy(a[None]) == greedy(b[None]))
    return float(np.mean(same)), worst


def milliseconds(path: Path, width: int = 144, batch: int = 8) -> float:
    """Fastest of 50 runs on one thread, for an image of 48 x `width`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    images = np.random.default_rng(0).integers(0, 256, (batch, 48, width, 3), np.uint8)
    best = float("inf")
    for _ in range(50):
        start = time.perf_counter()
        session.run(None, {"image": images})
        best = min(best, time.perf_counter() - start)
    return best * 1000 / batch


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.export")
    parser.add_argument("checkpoint", type=Path, nargs="?", default=checkpoint.KEPT)
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--alpha", type=float, default=1.0)
    parser.add_argument("--float", action="store_true", help="float32 instead of int8")
    parser.add_argument("--narrow", action="store_true", help="7-bit weights")
    chosen = parser.parse_args()
    net, progress = checkpoint.averaged_net(chosen.checkpoint)
    net = blend(net, starting_net(), chosen.alpha).eval()
    chosen.out.parent.mkdir(exist_ok=True)
    onnx.save(build(net, progress.images, not chosen.float, chosen.narrow), chosen.out)
    if chosen.checkpoint != checkpoint.KEPT:
        # Without the blend: what training goes on from is what training left.
        checkpoint.keep(checkpoint.averaged_net(chosen.checkpoint)[0], progress)
    same, worst = compare(net, chosen.out)
    print(f"{chosen.out}: {chosen.out.stat().st_size / 1e6:.2f} MB, {progress.images:,} images seen")
    print(f"same reading as PyTorch on {same:.1%} of 1,000 synthetic images, probabilities within {worst:.3f}")
    print(f"{milliseconds(chosen.out):.2f} ms an image of 48 x 144, one thread, batches of 8")


if __name__ == "__main__":
    main()

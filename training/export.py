"""The trained net -> the two files that the server reads with: models/text.onnx in int8, for first looks, and
models/text.closer.onnx.br in float32, for second ones.

    python -m training.export [CHECKPOINT] [--alpha A] [--into FOLDER]

Without a checkpoint the kept weights are exported, models/text.fp16.pt; with one, and without --into, its averaged
weights take their place, and training goes on from them. --alpha A averages with the weights before training: A of the
trained ones, 1 - A of PP-OCRv6's (training.average tells the best).

Each file is compared with PyTorch on 1,000 synthetic images first: where too few are read alike, nothing is replaced.
What goes in and out is in graph.py.
"""

import argparse
import copy
import os
import time
from pathlib import Path

import numpy as np
import onnx

from training import checkpoint
from training.average import RELEASED, blend
from training.ctc import greedy
from training.equalise import equalise
from training.graph import attach_bytes, describe, float_graph
from training.net import TextNet
from training.quantise import CALIBRATION, FIRST_SEED, calibration_images, quantise
from training.reading import onnx_scorer, open_session, score_all, torch_scorer
from training.start import starting_net
from training.storage import save, store_in_halves

FIRST, CLOSER = "text.onnx", "text.closer.onnx.br"
MANTISSA = 6  # bits of each weight of the closer net: packed it takes 4.0 MB, and reads as much as with all ten
EVENED = 120  # of the images of calibration, those by which channels are evened out
COMPARED = 1000  # images, others than those

# Share of the images, as hard as the synthesiser draws them, that must be read as PyTorch reads them. Releases had 0.76
# to 0.84 in int8, 0.966 in float32 (0.996 before mantissas were cut).
LEAST = {FIRST: 0.72, CLOSER: 0.95}


def build(net: TextNet, images_seen: int, integers: bool = True) -> onnx.ModelProto:
    """The ONNX model of `net`, in int8 or in float32."""
    if integers:
        net, images = copy.deepcopy(net), calibration_images(CALIBRATION)
        equalise(net, images[:EVENED])
        model = quantise(float_graph(net), images)
    else:
        model = float_graph(net)
    store_in_halves(model, mantissa=None if integers else MANTISSA)
    attach_bytes(model)
    describe(model, images_seen)
    onnx.checker.check_model(model)
    return model


def compare(net: TextNet, path: Path, images: list[np.ndarray]) -> tuple[float, float]:
    """Share of equal readings, greatest difference of a probability from PyTorch's; images (H, W, 3) uint8 BGR."""
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


def replace_models(net: TextNet, images_seen: int, folder: Path, images: list[np.ndarray]) -> None:
    """Writes both models into `folder`, or none of them: SystemExit where one of them reads `images` otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = {name: folder / f"new.{name}" for name in LEAST}
    try:
        for name, path in beside.items():
            save(build(net, images_seen, name == FIRST), path)
            same, worst = compare(net, path, images)
            print(f"{folder / name}: {path.stat().st_size / 1e6:.2f} MB, {images_seen:,} images seen")
            print(f"same reading as PyTorch on {same:.1%} of {len(images):,} images, probabilities within {worst:.3f}")
            if same < LEAST[name]:
                raise SystemExit(f"{name}: fewer than {LEAST[name]:.0%} are read alike; nothing was replaced")
            print(f"{milliseconds(path):.2f} ms an image of 48 x 144, one thread, batches of 8", flush=True)
        for name, path in beside.items():
            os.replace(path, folder / name)
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.export")
    parser.add_argument("checkpoint", type=Path, nargs="?", help="(default: the kept weights)")
    parser.add_argument("--alpha", type=float, default=RELEASED)
    parser.add_argument("--into", type=Path, help="folder for the two models alone (default: models)")
    chosen = parser.parse_args()
    trained, progress = checkpoint.averaged_net(chosen.checkpoint or checkpoint.KEPT["small"])
    net = blend(trained, starting_net(), chosen.alpha).eval()
    images = [image[0] for image in calibration_images(COMPARED, FIRST_SEED + CALIBRATION)]
    replace_models(net, progress.images, chosen.into or checkpoint.MODELS, images)
    if chosen.checkpoint and not chosen.into:
        # Without the blend: what training goes on from is what training left.
        checkpoint.keep(trained, progress, checkpoint.KEPT["small"])


if __name__ == "__main__":
    main()

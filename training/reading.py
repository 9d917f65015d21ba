"""Many images of many sizes through a net, a batch for each size."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from training.net import TextNet, normalise

# (N, H, W, 3) uint8 BGR -> (N, W/8, 71) scores
Scorer = Callable[[np.ndarray], np.ndarray]


def torch_scorer(net: TextNet, half: bool = True) -> Scorer:
    """Scores of `net` where it lies, in bfloat16 as in training or in float32."""
    device = next(net.parameters()).device

    def score(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=half):
            return net(normalise(torch.from_numpy(images).to(device))).float().cpu().numpy()

    return score


def onnx_scorer(path: Path) -> Scorer:
    """Log-probabilities of an exported model on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"image": np.ascontiguousarray(images[..., ::-1])})[0]


def score_all(score: Scorer, images: Sequence[np.ndarray], batch: int = 32) -> list[np.ndarray]:
    """Scores (W/8, 71) of each of `images` (H, W, 3), in their order."""
    by_size = defaultdict(list)
    for i, image in enumerate(images):
        by_size[image.shape].append(i)
    scores: list[np.ndarray] = [None] * len(images)
    for indices in by_size.values():
        for start in range(0, len(indices), batch):
            part = indices[start : start + batch]
            for i, row in zip(part, score(np.stack([images[i] for i in part]))):
                scores[i] = row
    return scores

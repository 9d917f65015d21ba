"""Many images of many sizes through a net, a batch for each size."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.learner import prefers_bfloat16
from training.net import TextNet, normalise

# (N, H, W, 3) uint8 BGR -> (N, W/8, 71) scores
Scorer = Callable[[np.ndarray], np.ndarray]


def torch_scorer(net: TextNet, exact: bool = False) -> Scorer:
    """Scores of `net` where it lies, computed as in training or, if `exact`, in float32."""
    device = next(net.parameters()).device
    rough = not exact and prefers_bfloat16(device)

    def score(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=rough):
            return net(normalise(torch.from_numpy(images).to(device))).float().cpu().numpy()

    return score


def open_session(path: Path) -> Any:
    """An exported model as the server opens it (src/recognize/session.ts): on one thread, its sums never cut off."""
    import onnxruntime

    from training.storage import load

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(load(path), options, providers=["CPUExecutionProvider"])


def onnx_scorer(path: Path) -> Scorer:
    """Log-probabilities of an exported model on one thread."""
    session = open_session(path)
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

"""What a run leaves on disk: its whole state while it lasts, and the averaged weights that are kept for good."""

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from training.alphabet import CHARS
from training.net import TextNet
from training.optimiser import Optimiser
from training.start import starting_net

KEPT = Path(__file__).parent.parent / "models" / "text.fp16.pt"


@dataclass
class Progress:
    """How far a run has come."""

    images: int = 0
    batches: int = 0
    seconds: float = 0.0  # of training, over all restarts
    exact: dict[str, float] = field(default_factory=dict)  # by style, at the last validation
    checked_at: int = 0  # images at the last validation
    fully_checked_at: int = 0  # and at the last one on the whole corpora


def write(state: dict[str, Any], path: Path) -> None:
    """Writes beside `path`, then renames, so that a kill leaves the old file or the new one."""
    beside = path.with_name(path.name + ".tmp")
    torch.save(state, beside)
    os.replace(beside, path)


def save(path: Path, net: TextNet, average: TextNet, optimiser: Optimiser, progress: Progress) -> None:
    state = {
        "chars": CHARS,
        "net": net.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
        "progress": asdict(progress),
    }
    write(state, path)


def load(path: Path, net: TextNet, average: TextNet, optimiser: Optimiser) -> Progress:
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["chars"] != CHARS:
        raise SystemExit(f"{path} was trained for another alphabet")
    net.load_state_dict(state["net"])
    average.load_state_dict(state["average"])
    optimiser.load_state_dict(state["optimiser"])
    return Progress(**state["progress"])


def keep(average: TextNet, progress: Progress, path: Path = KEPT) -> None:
    """Writes the averaged weights in half precision, 6 MB: enough to go on from when the run is gone."""
    path.parent.mkdir(exist_ok=True)
    weights = {name: tensor.half() for name, tensor in average.state_dict().items()}
    write({"chars": CHARS, "weights": weights, "progress": asdict(progress)}, path)


def averaged_net(path: Path) -> tuple[TextNet, Progress]:
    """The averaged net of a run's checkpoint or of a kept file, ready for reading."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    net = TextNet(len(CHARS) + 1)
    net.load_state_dict(state.get("average") or state["weights"])
    return net.eval(), Progress(**state["progress"])


def fresh_net(kept: bool = True) -> tuple[TextNet, Progress]:
    """Where a new run starts: the `kept` weights if there are any, else PP-OCRv6's."""
    return averaged_net(KEPT) if kept and KEPT.exists() else (starting_net(), Progress())

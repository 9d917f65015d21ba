"""What a run leaves on disk: its whole state while it lasts, and the averaged weights that are kept for good."""

import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch

from training.alphabet import CHARS
from training.learner import Learner
from training.net import TextNet, grown
from training.start import starting_net

MODELS = Path(__file__).parent.parent / "models"
KEPT = {"small": MODELS / "text.fp16.pt", "large": MODELS / "textLarge.fp16.pt"}


@dataclass
class Progress:
    """How far a run has come."""

    images: int = 0
    began: int = 0  # images that the weights had seen before this run
    batches: int = 0
    draw: int = 0  # the run's own number: runs from the same weights must not see the same pictures
    seconds: float = 0.0  # of training, over all restarts
    spent: float = 0.0  # of them, those of a run that is measured in time and not over yet
    exact: dict[str, float] = field(default_factory=dict)  # by style, at the last validation
    checked_at: int = 0  # images at the last validation
    fully_checked_at: int = 0  # and at the last one on the whole corpora

    @classmethod
    def of(cls, saved: dict[str, Any]) -> "Progress":
        """What was saved, without what earlier versions saved besides."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in saved.items() if name in known})


def write(state: dict[str, Any], path: Path) -> None:
    """Writes beside `path`, then renames, so that a kill leaves the old file or the new one."""
    beside = path.with_name(path.name + ".tmp")
    with beside.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def save(path: Path, learners: dict[str, Learner], progress: Progress) -> None:
    nets = {size: learner.state_dict() for size, learner in learners.items()}
    write({"chars": CHARS, "nets": nets, "progress": asdict(progress)}, path)


def load(path: Path, learners: dict[str, Learner]) -> Progress:
    """Fills `learners` with what was saved of them; one that was not there then begins as it is."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["chars"] != CHARS:
        raise SystemExit(f"{path} was trained for another alphabet")
    for size, learner in learners.items():
        if size in state["nets"]:
            learner.load_state_dict(state["nets"][size])
    return Progress.of(state["progress"])


def keep(average: TextNet, progress: Progress, path: Path) -> None:
    """Writes averaged weights in half precision, 2 bytes each: enough to go on from when the run is gone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.half().cpu() for name, tensor in average.state_dict().items()}
    write({"chars": CHARS, "size": average.size, "weights": weights, "progress": asdict(progress)}, path)


def averaged_net(path: Path, size: str = "small") -> tuple[TextNet, Progress]:
    """The averaged net of `size` in a run's checkpoint, or the one in a kept file, ready for reading."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    if "nets" in state:
        weights = state["nets"][size]["average"]
    else:
        size, weights = state.get("size", "small"), state["weights"]
    net = TextNet(len(CHARS) + 1, size)
    net.load_state_dict(weights)
    return net.eval(), Progress.of(state["progress"])


def fresh_net(size: str, kept: bool = True) -> tuple[TextNet, Progress]:
    """Where a new run starts: the `kept` weights if there are any, else PP-OCRv6's; a large net grows from a small."""
    if kept and KEPT[size].exists():
        return averaged_net(KEPT[size])
    if size == "large":
        small, progress = fresh_net("small", kept)
        return grown(small), progress
    return starting_net(), Progress()

"""Trains both nets on drawn scenes:

    python -m training.click.train --run training/runs/click --photos FILE --fonts GLOB… --symbols GLOB…

--photos is a pickle whose first item is the pictures that scenes are drawn on.
"""

from __future__ import annotations

import argparse
import copy
import glob
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.click.net import SIDE, STRIDE, TEMPERATURE, Finder, Matcher
from training.click.scene import Drawer, Scene
from training.optimiser import Optimiser

BATCH = 16
MOST = 8
"""Marks of a scene, the ground's own crops among them."""
MARGIN = 1.3
"""Side of a crop, in sides of its mark."""
TURNS = (-np.pi / 6, 0.0, np.pi / 6)
"""In which a prompt's mark is asked, as src/recognize/puzzles/clickNets.ts does."""
AVERAGE = 0.995


def cut_out(picture: np.ndarray, x: float, y: float, side: float, turn: float = 0.0) -> np.ndarray:
    """A square around a place, turned by `turn` radians, float32 (SIDE, SIDE, 3), 0 to 255."""
    across, down = np.cos(turn) * side / SIDE, np.sin(turn) * side / SIDE
    middle = SIDE / 2
    source = np.array([[across, -down, x - (across - down) * middle], [down, across, y - (down + across) * middle]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, source, (SIDE, SIDE), flags=how, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def crop(picture: np.ndarray, x: float, y: float, side: float, turn: float = 0.0) -> np.ndarray:
    """The same with mean 0 and deviation 1."""
    out = cut_out(picture, x, y, side, turn)
    return (out - out.mean()) / (out.std() + 4)


def example(scene: Scene, rng: np.random.Generator) -> dict[str, np.ndarray]:
    def around(picture, box, turns=(0.0,)):
        x, y, side = box
        side = side * MARGIN * rng.uniform(0.88, 1.14)
        x, y = x + rng.normal(0, 0.04) * side, y + rng.normal(0, 0.04) * side
        return [crop(picture, x, y, side, turn) for turn in turns]

    h, w = scene.picture.shape[:2]
    seen = np.zeros((MOST, SIDE, SIDE, 3), np.float32)
    asked = np.zeros((MOST, len(TURNS), SIDE, SIDE, 3), np.float32)
    n = min(len(scene.boxes), MOST)
    for i in range(n):
        seen[i] = around(scene.picture, scene.boxes[i])[0]
    for i in range(n, MOST):
        seen[i] = crop(scene.picture, rng.uniform(0, w), rng.uniform(0, h), rng.uniform(20, 60))
    for i, box in enumerate(scene.wanted):
        asked[i] = around(scene.prompt, box, TURNS)
    return {
        "picture": scene.picture,
        "prompt": scene.prompt,
        "heat": target(scene.picture, scene.boxes),
        "prompt_heat": target(scene.prompt, scene.wanted),
        "seen": np.moveaxis(seen, -1, 1).astype(np.float16),
        "asked": np.moveaxis(asked, -1, 2).astype(np.float16),
        "count": np.int64(len(scene.wanted)),
    }


def target(picture: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Centre heat, log side and where that counts."""
    h, w = picture.shape[0] // STRIDE, picture.shape[1] // STRIDE
    out = np.zeros((3, h, w), np.float32)
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
    for x, y, side in boxes:
        if side <= 0:
            continue
        cx, cy = x / STRIDE - 0.5, y / STRIDE - 0.5
        deviation = max(0.7, side / STRIDE / 6)
        g = np.exp(-((xs - cx) ** 2 + (ys - cy) ** 2) / (2 * deviation**2))
        g[min(max(round(cy), 0), h - 1), min(max(round(cx), 0), w - 1)] = 1
        near = g > np.maximum(out[0], 0.3)
        out[1][near] = np.log(side / 24)
        out[2][near] = 1
        out[0] = np.maximum(out[0], g)
    return out


class Scenes(IterableDataset):
    def __init__(self, first: int, drawer: tuple) -> None:
        self.first, self.drawer = first, drawer

    def __iter__(self):
        cv2.setNumThreads(1)
        drawer = Drawer(*self.drawer)
        info = get_worker_info()
        seed, step = (self.first + info.id, info.num_workers) if info else (self.first, 1)
        while True:
            scene = drawer.draw(seed)
            if len(scene.wanted) >= 2 and scene.wanted[:, 2].min() > 4:
                yield example(scene, np.random.default_rng(seed + (1 << 40)))
            seed += step


def find_loss(out: Tensor, goal: Tensor) -> tuple[Tensor, Tensor]:
    logit, side = out[:, 0].float(), out[:, 1].float()
    heat, log_side, near = goal[:, 0], goal[:, 1], goal[:, 2]
    p = logit.sigmoid().clamp(1e-5, 1 - 1e-5)
    peak = heat > 0.999
    gain = torch.where(peak, -((1 - p) ** 2) * p.log(), -((1 - heat) ** 4) * p**2 * (1 - p).log())
    return gain.sum() / peak.sum().clamp(min=1), ((side - log_side).abs() * near).sum() / near.sum().clamp(min=1)


def match_loss(own: Tensor, every: Tensor, some: Tensor) -> tuple[Tensor, Tensor]:
    """own: (M, TURNS, MOST), how alike the prompt's marks of `some` (N, MOST) are to the marks of their scenes.

    every: (M, TURNS, N MOST), to those of the whole batch. Which of them each is in any of its turns.
    """
    scene, place = some.nonzero(as_tuple=True)
    own, every = own.logsumexp(1), every.logsumexp(1)
    right = (own.argmax(1) == place).float().mean()
    return F.cross_entropy(own, place) + 0.5 * F.cross_entropy(every, scene * MOST + place), right


class Both(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.find, self.match = Finder(), Matcher()


def mixes(name: str, parameter: nn.Parameter) -> bool:
    """What Muon takes: not the first filters of colours, nor what gives a centre or a side."""
    return parameter.ndim > 1 and parameter.shape[0] > 4 and parameter.shape[1] > 5


def finder_losses(find: Finder, batch: dict[str, Tensor], pictures: int) -> dict[str, Tensor]:
    to_input = lambda x: (x.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
    prompts = 4 * pictures  # Prompts are small: four for the price of a picture.
    with torch.autocast("cpu", torch.bfloat16):
        picture = find(to_input(batch["picture"][:pictures]))
        prompt = find(to_input(batch["prompt"][:prompts]))
    heat, side = find_loss(picture, batch["heat"][:pictures])
    prompt_heat, prompt_side = find_loss(prompt, batch["prompt_heat"][:prompts])
    return {"heat": heat, "side": side, "prompt": prompt_heat, "prompt side": prompt_side}


def matcher_losses(match: Matcher, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    scenes, count = len(batch["count"]), batch["count"].tolist()
    some = torch.arange(MOST)[None] < batch["count"][:, None]
    crops = torch.cat([batch["seen"].float().flatten(0, 1), batch["asked"][some].float().flatten(0, 1)])
    with torch.autocast("cpu", torch.bfloat16):
        codes, maps = match.look(crops.contiguous(memory_format=torch.channels_last))
        seen, asked = zip(codes.float().tensor_split([scenes * MOST]), maps.tensor_split([scenes * MOST]))
        turned = [len(TURNS) * n for n in count]
        pairs = [
            match.pair(one, other).float() for one, other in zip(asked[1].split(turned), seen[1].split(MOST))
        ]
    every = asked[0] @ seen[0].T / TEMPERATURE
    at = torch.arange(scenes).repeat_interleave(torch.tensor(turned))
    own = every.unflatten(1, (scenes, MOST))[torch.arange(len(at)), at] + torch.cat(pairs)
    same, right = match_loss(own.unflatten(0, (-1, len(TURNS))), every.unflatten(0, (-1, len(TURNS))), some)
    return {"same": same, "right": right}


def losses(nets: Both, batch: dict[str, Tensor], pictures: int, matching: bool) -> dict[str, Tensor]:
    """What each net has to make small, and "total"; one that has nothing to learn from stays as it is."""
    found = finder_losses(nets.find, batch, pictures) if pictures else {}
    matched = matcher_losses(nets.match, batch) if matching else {}
    parts = found | matched
    weights = {"heat": 1, "prompt": 1, "side": 0.5, "prompt side": 0.5, "same": 1}
    return {"total": sum(weight * parts[name] for name, weight in weights.items() if name in parts)} | parts


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--run", type=Path, required=True)
    ask.add_argument("--photos", type=Path, required=True)
    ask.add_argument("--fonts", nargs="+", required=True)
    ask.add_argument("--symbols", nargs="+", required=True)
    ask.add_argument("--minutes", type=float, default=25)
    ask.add_argument("--workers", type=int, default=1)
    ask.add_argument("--rate", type=float, default=2e-3)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--start", type=Path, help="a checkpoint")
    ask.add_argument("--found", type=int, default=2, help="scenes of a batch whose pictures the finder sees: it learns sooner than the matcher")
    ask.add_argument("--finder-only", action="store_true")
    given = ask.parse_args()
    given.run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    nets = Both()
    if given.start:
        for name, kept in torch.load(given.start).items():
            getattr(nets, name).load_state_dict(kept)
    nets.to(memory_format=torch.channels_last)
    average = copy.deepcopy(nets).eval()
    optimiser = Optimiser(nets, mixes)
    fonts = [path for pattern in given.fonts for path in sorted(glob.glob(pattern))]
    symbols = [path for pattern in given.symbols for path in sorted(glob.glob(pattern))]
    scenes = Scenes(given.seed * 100_000_000, (given.photos, fonts, symbols))
    loader = iter(DataLoader(scenes, BATCH, num_workers=given.workers, prefetch_factor=6))
    begun = time.time()
    step, means = 0, {}
    while (share := (time.time() - begun) / 60 / given.minutes) < 1:
        now = losses(nets, next(loader), given.found, not given.finder_only)
        now["total"].backward()
        nn.utils.clip_grad_norm_(nets.parameters(), 5)
        warm = min(1, (step + 1) / 100)
        optimiser.step(given.rate * warm * (0.5 + 0.5 * np.cos(np.pi * share)) + 1e-6)
        step += 1
        follow(average, nets, min(AVERAGE, step / (step + 10)))
        for name, value in now.items():
            means[name] = means.get(name, 0.0) + max(0.02, 1 / step) * (value.item() - means.get(name, 0.0))
        if step % 50 == 0:
            print(f"{step} {time.time() - begun:.0f}s", *(f"{name} {value:.3f}" for name, value in means.items()), flush=True)
        if step % 200 == 0:
            save(given.run, average)
    save(given.run, average)


def follow(average: torch.nn.Module, net: torch.nn.Module, keep: float) -> None:
    """Moves a running average on; of batch statistics too."""
    with torch.no_grad():
        for own, new in zip(average.state_dict().values(), net.state_dict().values()):
            if own.is_floating_point():
                own.lerp_(new, 1 - keep)
            else:
                own.copy_(new)


def save(run: Path, nets: Both) -> None:
    torch.save({"find": nets.find.state_dict(), "match": nets.match.state_dict()}, run / "click.pt")


if __name__ == "__main__":
    main()

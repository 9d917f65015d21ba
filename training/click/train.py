"""Trains both nets on drawn scenes: python -m training.click.train --run training/runs/click --minutes 25"""

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

from training.click.net import SIDE, STRIDE, Finder, Matcher
from training.click.scene import Drawer, Scene
from training.optimiser import Optimiser

BATCH = 16
MOST = 8
"""Marks of a scene, the ground's own crops among them."""
MARGIN = 1.3
"""Side of a crop, in sides of its mark."""
TEMPERATURE = 0.1
AVERAGE = 0.995


def cut_out(picture: np.ndarray, x: float, y: float, side: float) -> np.ndarray:
    """A square around a place, float32 (SIDE, SIDE, 3), 0 to 255."""
    scale = SIDE / side
    to = np.array([[scale, 0, SIDE / 2 - x * scale], [0, scale, SIDE / 2 - y * scale]], np.float32)
    return cv2.warpAffine(picture, to, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def crop(picture: np.ndarray, x: float, y: float, side: float) -> np.ndarray:
    """The same with mean 0 and deviation 1."""
    out = cut_out(picture, x, y, side)
    return (out - out.mean()) / (out.std() + 4)


def example(scene: Scene, rng: np.random.Generator) -> dict[str, np.ndarray]:
    def around(picture, box):
        x, y, side = box
        side = side * MARGIN * rng.uniform(0.88, 1.14)
        return crop(picture, x + rng.normal(0, 0.04) * side, y + rng.normal(0, 0.04) * side, side)

    h, w = scene.picture.shape[:2]
    crops = np.zeros((2, MOST, SIDE, SIDE, 3), np.float32)
    n = min(len(scene.boxes), MOST)
    for i in range(n):
        crops[0, i] = around(scene.picture, scene.boxes[i])
    for i in range(n, MOST):
        crops[0, i] = crop(scene.picture, rng.uniform(0, w), rng.uniform(0, h), rng.uniform(20, 60))
    for i, box in enumerate(scene.wanted):
        crops[1, i] = around(scene.prompt, box)
    return {
        "picture": scene.picture,
        "prompt": scene.prompt,
        "heat": target(scene.picture, scene.boxes),
        "prompt_heat": target(scene.prompt, scene.wanted),
        "crops": crops.transpose(0, 1, 4, 2, 3).astype(np.float16),
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


def match_loss(seen: Tensor, asked: Tensor, some: Tensor) -> tuple[Tensor, Tensor]:
    """seen: (N, MOST, D); asked: (M, D), those of `some` (N, MOST).

    Which of its scene's marks a prompt's mark is, and which of the whole batch's.
    """
    scene, place = some.nonzero(as_tuple=True)
    every = asked @ seen.flatten(0, 1).T / TEMPERATURE
    own = every.unflatten(1, (-1, MOST))[torch.arange(len(scene)), scene]
    right = (own.argmax(1) == place).float().mean()
    return F.cross_entropy(own, place) + 0.5 * F.cross_entropy(every, scene * MOST + place), right


class Both(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.find, self.match = Finder(), Matcher()


def mixes(name: str, parameter: nn.Parameter) -> bool:
    """What Muon takes: not the first filters of colours, nor what gives a centre or a side."""
    return parameter.ndim > 1 and parameter.shape[0] > 4 and parameter.shape[1] > 5


def losses(nets: Both, batch: dict[str, Tensor], found: int) -> dict[str, Tensor]:
    to_input = lambda x: (x.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
    some = torch.arange(MOST)[None] < batch["count"][:, None]
    real = lambda pair: torch.cat([pair[:, 0].float().flatten(0, 1), pair[:, 1][some].float()])
    with torch.autocast("cpu", torch.bfloat16):
        picture = nets.find(to_input(batch["picture"][:found]))
        # Prompts are small: four for the price of a picture.
        prompt = nets.find(to_input(batch["prompt"][: 4 * found]))
        codes = nets.match(real(batch["crops"]).contiguous(memory_format=torch.channels_last))
    heat, side = find_loss(picture, batch["heat"][:found])
    prompt_heat, prompt_side = find_loss(prompt, batch["prompt_heat"][: 4 * found])
    seen, asked = codes.float().tensor_split([len(some) * MOST])
    same, right = match_loss(seen.unflatten(0, (-1, MOST)), asked, some)
    total = heat + prompt_heat + 0.5 * (side + prompt_side) + same
    return {"total": total, "heat": heat, "side": side, "prompt": prompt_heat, "prompt side": prompt_side, "same": same, "right": right}


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
        now = losses(nets, next(loader), given.found)
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

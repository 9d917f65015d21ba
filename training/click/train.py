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
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.click.net import SIDE, STRIDE, Finder, Matcher
from training.click.scene import Drawer, Scene

BATCH = 16
MOST = 8
"""Marks of a scene, the ground's own crops among them."""
TEMPERATURE = 0.1
AVERAGE = 0.995


def crop(picture: np.ndarray, x: float, y: float, side: float) -> np.ndarray:
    """A square around a place, as SIDE x SIDE, mean 0 and deviation 1."""
    scale = SIDE / side
    to = np.array([[scale, 0, SIDE / 2 - x * scale], [0, scale, SIDE / 2 - y * scale]], np.float32)
    out = cv2.warpAffine(picture, to, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    return (out - out.mean()) / (out.std() + 4)


MARGIN = 1.3


def example(scene: Scene, rng: np.random.Generator) -> dict[str, np.ndarray]:
    def around(picture, box):
        x, y, side = box
        side = side * MARGIN * rng.uniform(0.88, 1.14)
        return crop(picture, x + rng.normal(0, 0.04) * side, y + rng.normal(0, 0.04) * side, side)

    h, w = scene.picture.shape[:2]
    seen = np.zeros((MOST, SIDE, SIDE, 3), np.float32)
    asked = np.zeros((MOST, SIDE, SIDE, 3), np.float32)
    n = min(len(scene.boxes), MOST)
    for i in range(n):
        seen[i] = around(scene.picture, scene.boxes[i])
    for i in range(n, MOST):
        seen[i] = crop(scene.picture, rng.uniform(0, w), rng.uniform(0, h), rng.uniform(20, 60))
    for i, box in enumerate(scene.wanted):
        asked[i] = around(scene.prompt, box)
    return {
        "picture": scene.picture,
        "prompt": scene.prompt,
        "heat": target(scene.picture, scene.boxes),
        "prompt_heat": target(scene.prompt, scene.wanted),
        "seen": seen.transpose(0, 3, 1, 2),
        "asked": asked.transpose(0, 3, 1, 2),
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


def match_loss(seen: Tensor, asked: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """seen, asked: (N, MOST, 64). Which of its scene's marks a prompt's mark is, and which of the whole batch's."""
    n = len(seen)
    some = torch.arange(MOST)[None] < count[:, None]
    logits = torch.einsum("nad,nsd->nas", asked, seen)[some] / TEMPERATURE
    goal = torch.arange(MOST)[None].expand(n, MOST)[some]
    every = (asked[some] @ seen.reshape(n * MOST, -1).T) / TEMPERATURE
    place = (torch.arange(n)[:, None] * MOST + torch.arange(MOST)[None])[some]
    right = (logits.argmax(1) == goal).float().mean()
    return F.cross_entropy(logits, goal) + 0.5 * F.cross_entropy(every, place), right


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
    ask.add_argument("--start", type=Path)
    ask.add_argument("--found", type=int, default=BATCH, help="scenes of a batch that the finder sees: it learns sooner than the matcher")
    given = ask.parse_args()
    given.run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    find, match = Finder(), Matcher()
    if given.start:
        kept = torch.load(given.start)
        find.load_state_dict(kept["find"])
        match.load_state_dict(kept["match"])
    find.to(memory_format=torch.channels_last)
    match.to(memory_format=torch.channels_last)
    both = [*find.parameters(), *match.parameters()]
    averages = [copy.deepcopy(net).eval() for net in (find, match)]
    optimiser = torch.optim.AdamW(both, lr=given.rate, weight_decay=1e-2)
    fonts = [path for pattern in given.fonts for path in sorted(glob.glob(pattern))]
    symbols = [path for pattern in given.symbols for path in sorted(glob.glob(pattern))]
    scenes = Scenes(given.seed * 100_000_000, (given.photos, fonts, symbols))
    loader = iter(DataLoader(scenes, BATCH, num_workers=given.workers, prefetch_factor=6))
    begun = time.time()
    step, mean = 0, np.zeros(6)
    while (share := (time.time() - begun) / 60 / given.minutes) < 1:
        warm = min(1, (step + 1) / 100)
        for group in optimiser.param_groups:
            group["lr"] = given.rate * warm * (0.5 + 0.5 * np.cos(np.pi * share)) + 1e-6
        batch = next(loader)
        to_input = lambda x: (x.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            picture = find(to_input(batch["picture"][: given.found]))
            prompt = find(to_input(batch["prompt"][: given.found]))
            crops = torch.cat([batch["seen"], batch["asked"]], 1).flatten(0, 1).contiguous(memory_format=torch.channels_last)
            codes = match(crops).float().reshape(len(batch["count"]), 2, MOST, -1)
        heat, side = find_loss(picture, batch["heat"][: given.found])
        prompt_heat, prompt_side = find_loss(prompt, batch["prompt_heat"][: given.found])
        same, right = match_loss(codes[:, 0], codes[:, 1], batch["count"])
        loss = heat + prompt_heat + 0.5 * (side + prompt_side) + same
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(both, 5)
        optimiser.step()
        step += 1
        for average, net in zip(averages, (find, match)):
            follow(average, net, min(AVERAGE, step / (step + 10)))
        mean += 0.02 * (np.array([heat.item(), side.item(), prompt_heat.item(), prompt_side.item(), same.item(), right.item()]) - mean)
        if step % 50 == 0:
            print(f"{step} {time.time() - begun:.0f}s heat {mean[0]:.3f} side {mean[1]:.3f} prompt {mean[2]:.3f} {mean[3]:.3f} same {mean[4]:.3f} right {mean[5]:.3f}", flush=True)
        if step % 200 == 0:
            save(given.run, *averages)
    save(given.run, *averages)


def follow(average: torch.nn.Module, net: torch.nn.Module, keep: float) -> None:
    """Moves a running average on; of batch statistics too."""
    with torch.no_grad():
        for own, new in zip(average.state_dict().values(), net.state_dict().values()):
            if own.is_floating_point():
                own.lerp_(new, 1 - keep)
            else:
                own.copy_(new)


def save(run: Path, find: Finder, match: Matcher) -> None:
    torch.save({"find": find.state_dict(), "match": match.state_dict()}, run / "click.pt")


if __name__ == "__main__":
    main()

import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from training.batches import FEW_WIDTHS, batch_size, draw_batch, draw_width
from training.picture import NARROW


class Blank:
    """A synthesiser of blank pictures that remembers what it was asked for."""

    def __init__(self):
        self.asked = []

    def sample(self, seed, width, style, difficulty, height):
        self.asked.append((seed, width, style, difficulty))
        return SimpleNamespace(image=np.zeros((height, width, 3), np.uint8), text="a", style=style)


def test_widths_are_multiples_of_8_and_lie_about_144():
    rng = np.random.default_rng(0)
    widths = np.array([draw_width(rng) for _ in range(4000)])
    assert (widths % 8 == 0).all() and widths.min() >= 64 and widths.max() <= 480
    assert 136 <= np.median(widths) <= 152
    assert 0.02 < (widths > 320).mean() < 0.08


def test_wide_batches_hold_fewer_images():
    assert batch_size(48, 160) == 64
    assert batch_size(48, 480) == 21
    assert batch_size(64, 216) == 36
    assert batch_size(48, 160, 4.0) == 256


def shapes_of(seeds):
    return [draw_batch(Blank(), ("any",), np.ones(1), seed, 1.0).images.shape for seed in seeds]


@pytest.mark.parametrize("seeds", [range(0, 800, 2), range(1, 800, 2)])
def test_each_process_draws_all_heights(seeds):
    shapes = shapes_of(seeds)
    low = np.mean([height == 48 for _, height, _, _ in shapes])
    assert 0.42 < low < 0.58
    assert all(width % 8 == 0 for _, _, width, _ in shapes)


def test_narrow_pictures_come_from_96_rows_too():
    shapes = shapes_of(range(400))
    narrow = [height for _, height, width, _ in shapes if width / height * 48 <= NARROW]
    assert set(narrow) == {48, 64, 96}
    assert {height for _, height, width, _ in shapes if width / height * 48 > NARROW} == {48, 64}


def test_a_run_may_have_other_heights():
    share = np.ones(1)
    shapes = [draw_batch(Blank(), ("any",), share, seed, 1.0, (48, 80)).images.shape for seed in range(200)]
    assert {height for _, height, _, _ in shapes} == {48, 80}


def test_large_batches_come_in_few_shapes():
    shapes = {draw_batch(Blank(), ("any",), np.ones(1), seed, 4.0).images.shape for seed in range(200)}
    assert len(shapes) == 2 * len(FEW_WIDTHS) + (FEW_WIDTHS <= NARROW).sum()


def test_a_batch_has_one_width_and_repeats_from_its_seed():
    share = np.array([0.0, 1.0])
    first, second = Blank(), Blank()
    batch = draw_batch(first, ("never", "always"), share, 7, 1.0)
    draw_batch(second, ("never", "always"), share, 7, 1.0)
    assert first.asked == second.asked
    assert {style for _, _, style, _ in first.asked} == {"always"}
    assert len({seed for seed, *_ in first.asked}) == len(batch.texts)


KILLED_TRAINER = """
import os, signal
import numpy as np
from training.batches import Producers
from training.synth import STYLES, Synthesiser
from training.synth.glyphs import GlyphSet


def make():
    return Synthesiser(GlyphSet.dejavu())


if __name__ == "__main__":
    producers = Producers(2, 0, np.full(len(STYLES), 1 / len(STYLES)), make=make)
    # Full, so that whoever draws is about to wait.
    while not producers.queue.full():
        os.sched_yield()
    print(*[process.pid for process in producers.processes], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_killed_trainer_leaves_no_processes_behind(tmp_path):
    script = tmp_path / "trainer.py"
    script.write_text(KILLED_TRAINER)
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""}
    # Who is left behind holds its output open, too.
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, timeout=60)
    left = {int(pid) for pid in run.stdout.split()}
    assert len(left) == 2, run.stderr
    deadline = time.monotonic() + 60
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        left = {pid for pid in left if is_running(pid)}
    assert not left

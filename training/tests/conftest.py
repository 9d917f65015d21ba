"""Where torch is not installed, as in CI, the tests that need it are left out."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from training.synth import Synthesiser, backdrop, layout, paint
from training.synth.dice import Dice
from training.synth.glyphs import GlyphSet
from training.synth.scene import Scene


def needs_torch(name: str) -> bool:
    try:
        import_module(f"training.tests.{name}")
    except ModuleNotFoundError as error:
        return error.name == "torch"
    return False


here = Path(__file__).parent
collect_ignore = (
    [] if find_spec("torch") else [path.name for path in here.glob("test_*.py") if needs_torch(path.stem)]
)


def pytest_terminal_summary(terminalreporter) -> None:
    if collect_ignore:
        terminalreporter.write_line(f"SKIPPED: {len(collect_ignore)} files of tests (torch is not installed)")


@pytest.fixture(scope="session")
def maker() -> Synthesiser:
    return Synthesiser(GlyphSet.dejavu())


@pytest.fixture(scope="session")
def drawn_on(maker) -> Callable[[str, dict[str, float], int], Scene]:
    """Makes a scene with its letters placed and its paper drawn, of a text, a mix and a seed."""

    def draw(text: str, mix: dict[str, float], seed: int) -> Scene:
        s = Scene(Dice(seed), 60, 240, text, mix, 1.0)
        paint.choose_colours(s)
        layout.place(s, maker.glyphs)
        backdrop.fill(s, maker.textures)
        return s

    return draw

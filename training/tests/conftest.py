"""Where torch is not installed, as in CI, the tests that need it are left out."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path


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

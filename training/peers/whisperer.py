"""captcha-whisperer 0.1.0: digits and capitals only, so it cannot tell letter case and reads no arithmetic."""

from collections.abc import Callable

import cv2
import numpy as np
from captcha_whisperer import CaptchaRecognizer


def reader() -> Callable[[np.ndarray, str], str]:
    recogniser = CaptchaRecognizer()

    def read(image: np.ndarray, charset: str) -> str:
        png = cv2.imencode(".png", image)[1].tobytes()
        return recogniser.recognize_bytes(png)["text"]

    return read

"""ddddocr 1.5.5 with either of its models; its own interface, limited to the charset by its set_ranges."""

from collections.abc import Callable

import cv2
import ddddocr
import numpy as np
from PIL import Image

from training.peers.greedy import collapse


def reader(new: bool) -> Callable[[np.ndarray, str], str]:
    """new: common.onnx (54 MB), else its default, common_old.onnx (13.6 MB)."""
    ocr = ddddocr.DdddOcr(beta=new, show_ad=False)

    def read(image: np.ndarray, charset: str) -> str:
        ocr.set_ranges(charset)
        rgb = Image.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        result = ocr.classification(rgb, probability=True)
        path = np.array(result["probability"]).argmax(-1).tolist()
        classes = result["charsets"]
        return collapse(path, classes, classes.index(""))

    return read

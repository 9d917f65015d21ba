"""PP-OCRv6_rec_small untouched: 48 rows, width in proportion, all 18,710 classes but those outside the charset."""

from collections.abc import Callable

import cv2
import numpy as np
import onnxruntime

from training.original import characters, fetch
from training.peers.greedy import collapse


def reader() -> Callable[[np.ndarray, str], str]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(fetch()), options, providers=["CPUExecutionProvider"])
    classes = characters(session.get_modelmeta().custom_metadata_map["character"])

    def read(image: np.ndarray, charset: str) -> str:
        width = max(8, round(48 * image.shape[1] / image.shape[0]))
        resized = cv2.resize(image, (width, 48)).astype(np.float32) / 127.5 - 1
        scores = session.run(None, {"x": resized.transpose(2, 0, 1)[None]})[0][0]
        kept = [0] + [classes.index(c) for c in charset]
        return collapse(scores[:, kept].argmax(-1).tolist(), ["", *charset])

    return read

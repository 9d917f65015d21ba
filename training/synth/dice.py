"""All chance in a picture comes from here, so that a seed gives one picture."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

# Drawing fresh noise for each picture costs more than the rest of it; a crop of a fixed field does.
_FIELD = 1 << 20
_bank = np.random.default_rng(20240607)
_GAUSS = np.clip(_bank.normal(0, 42, _FIELD), -127, 127).astype(np.int8)
_FLAT = _bank.integers(0, 256, _FIELD, dtype=np.uint8)


class Dice(random.Random):
    """A random.Random with the short forms that picture code uses."""

    def u(self, low: float, high: float) -> float:
        return low + (high - low) * self.random()

    def chance(self, p: float) -> bool:
        return self.random() < p

    def sign(self) -> int:
        return 1 if self.random() < 0.5 else -1

    def whole(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.random() * len(items))]

    def weighted(self, items: Sequence[T], weights: Sequence[float]) -> T:
        at = self.random() * sum(weights)
        for item, weight in zip(items, weights):
            at -= weight
            if at < 0:
                return item
        return items[-1]

    def gauss_field(self, *shape: int) -> np.ndarray:
        """int8 (shape), mean 0, standard deviation 42."""
        return self._crop(_GAUSS, shape)

    def flat_field(self, *shape: int) -> np.ndarray:
        """uint8 (shape), every value equally likely."""
        return self._crop(_FLAT, shape)

    def _crop(self, field: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        n = 1
        for side in shape:
            n *= side
        at = int(self.random() * (_FIELD - n)) if n < _FIELD else 0
        return np.resize(field, shape) if n > _FIELD else field[at : at + n].reshape(shape)

from types import SimpleNamespace

import numpy as np
import pytest

from training.batches import draw_batch
from training.sieve import EASY, HARD, KEPT_EASY, KEPT_HARD, Sieve
from training.synth import Synthesiser


@pytest.fixture(scope="module")
def sieve():
    return Sieve()


def test_a_clear_picture_is_easy_and_what_it_does_not_say_is_hard(sieve):
    sample = Synthesiser().sample(11, 144, style="plain", difficulty=0.0)
    images = np.stack([sample.image] * 2)
    right, wrong = sieve.losses(images, [sample.text, sample.text[::-1] + "q"])
    assert right < EASY < HARD < wrong


def test_of_what_is_easy_or_hard_a_share_is_kept_and_all_between(sieve, monkeypatch):
    losses = np.repeat([EASY / 2, (EASY + HARD) / 2, 2 * HARD], 2000)
    monkeypatch.setattr(sieve, "losses", lambda images, texts: losses)
    kept = sieve.keeps(np.random.default_rng(0), np.empty(6000), ["a"] * 6000).reshape(3, -1).mean(1)
    assert kept == pytest.approx([KEPT_EASY, 1.0, KEPT_HARD], abs=0.04)


class Numbered:
    """A synthesiser whose pictures show the number that is their text, one after the other."""

    def __init__(self):
        self.drawn = 0

    def sample(self, seed, width, style, difficulty, height):
        self.drawn += 1
        return SimpleNamespace(image=np.full((height, width, 3), self.drawn, np.uint8), text=str(self.drawn))


class EverySecond:
    def keeps(self, rng, images, texts):
        return np.array([int(text) % 2 == 0 for text in texts])


def test_a_batch_is_full_in_spite_of_a_sieve_and_holds_what_it_let_pass_with_its_own_texts():
    whole = draw_batch(Numbered(), ("any",), np.ones(1), 3, 1.0)
    sifted = draw_batch(Numbered(), ("any",), np.ones(1), 3, 1.0, sieve=EverySecond())
    assert sifted.images.shape == whole.images.shape
    assert sifted.texts == [str(2 * (i + 1)) for i in range(len(whole.texts))]
    assert [str(image[0, 0, 0]) for image in sifted.images] == sifted.texts

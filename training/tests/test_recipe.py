"""Which ingredients come together."""

from __future__ import annotations

import numpy as np
import pytest

from training.synth.conflicts import ABSENT
from training.synth.dice import Dice
from training.synth.profiles import PROFILES
from training.synth.recipe import STYLES, mix


@pytest.mark.parametrize("style", PROFILES)
def test_a_profile_brings_its_own_ingredients_together_and_no_others(style):
    profile = PROFILES[style]
    sure = {name for name, often in profile.items() if often == 1}
    mixes = [mix(Dice(seed), style, 1.0) for seed in range(200)]
    assert all(sure <= chosen.keys() <= profile.keys() for chosen in mixes)
    assert np.mean([len(chosen) for chosen in mixes]) > 3


@pytest.mark.parametrize("style", PROFILES)
def test_an_easy_picture_of_a_profile_has_what_makes_it_too(style):
    sure = {name for name, often in PROFILES[style].items() if often == 1}
    assert all(sure <= mix(Dice(seed), style, 0.3).keys() for seed in range(100))


def test_what_leaves_nothing_to_read_together_never_comes_together():
    for seed in range(4000):
        chosen = mix(Dice(seed), STYLES[seed % len(STYLES)], 1.0)
        assert not any(other in chosen for name in chosen for other in ABSENT.get(name, ())), chosen

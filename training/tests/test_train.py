import argparse
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from training import train
from training.batches import Batch
from training.schedule import PEAK


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts the trainer on one folder, without the images that it validates on."""
    monkeypatch.setattr(train, "Synthesiser", lambda: None)
    monkeypatch.setattr(train, "StyleCheck", lambda _: None)
    chosen = SimpleNamespace(
        run=tmp_path, sizes=["small"], fresh=False, corpus=None, device="cpu", minutes=2.0, total=1, scale=1.0, peak=PEAK
    )
    chosen.producers, chosen.favour, chosen.rows, chosen.check_every, chosen.check_all_every = 0, {}, (), 1, 1
    return lambda **other: train.Run(SimpleNamespace(**vars(chosen) | other))


def batch():
    return Batch(np.random.default_rng(0).integers(0, 256, (4, 48, 64, 3), np.uint8), ["ab", "c", "d1", "Q"])


def test_a_timed_run_goes_on_in_its_schedule_where_it_was_stopped(start):
    first = start()
    assert first.part == 0
    first.step([batch()])
    first.progress.spent = 90.0
    first.save()
    again = start()
    assert again.part == pytest.approx(0.75)
    assert again.progress.images == first.progress.images
    assert again.progress.batches == first.progress.batches
    assert again.learners["small"].seen == 4
    assert torch.equal(again.learners["small"].net.head.bias, first.learners["small"].net.head.bias)


def test_a_run_measured_in_images_begins_with_it_whatever_its_net_has_seen_before(start):
    first = start(minutes=None, total=8)
    assert first.progress.images > 1_000_000 and first.part == 0
    first.step([batch()])
    first.save()
    assert start(minutes=None, total=8).part == pytest.approx(0.5)


def test_two_runs_from_the_same_weights_see_other_pictures_and_a_stopped_one_goes_on_with_its_own(start, monkeypatch):
    asked = []

    def producers(count, first_seed, *_):
        asked.append(first_seed)
        return SimpleNamespace(stop=lambda: None)

    monkeypatch.setattr(train, "Producers", producers)

    def go(run):
        run.progress.exact = dict.fromkeys(train.STYLES, 0.9)
        run.ended = True
        run.go()
        return asked[-1]

    first = start()
    begin = go(first)
    first.progress.batches += 7
    first.save()
    assert go(start()) == begin + 7
    first.file.unlink()
    assert abs(go(start()) - begin) >= 1 << 32
    assert max(asked) < 1 << 61


def test_time_of_a_run_that_is_measured_in_images_counts_for_none_in_minutes(start, monkeypatch):
    drawn = SimpleNamespace(stop=lambda: None, next=batch, share=[0.0] * len(train.STYLES))
    monkeypatch.setattr(train, "Producers", lambda *_: drawn)
    monkeypatch.setattr(train.Run, "check", lambda *_: None)
    for minutes, counts in ((None, False), (1000.0, True)):
        run = start(minutes=minutes, total=1000)
        run.progress.exact = dict.fromkeys(train.STYLES, 0.9)
        monkeypatch.setattr(run, "step", lambda _, run=run: run.end() or torch.zeros(1))
        run.go()
        assert (run.progress.spent > 0) is counts and run.progress.seconds > 0


def test_a_gradient_that_is_no_number_ends_the_run_before_it_is_in_the_weights(start):
    run = start()
    before = run.learners["small"].net.head.bias.clone()
    run.learners["small"].net.head.bias.grad = torch.full_like(before, float("nan"))
    with pytest.raises(RuntimeError, match="non-finite"):
        run.learners["small"].step(1e-4, 4)
    assert torch.equal(run.learners["small"].net.head.bias, before)


def test_the_rate_of_a_new_optimiser_rises_whatever_its_net_has_seen_before(start, monkeypatch):
    rates = []
    run = start()
    assert run.progress.images > 1_000_000
    monkeypatch.setattr(run.learners["small"].optimiser, "step", rates.append)
    run.step([batch()])
    run.learners["small"].seen = 1_000_000
    run.step([batch()])
    assert rates[0] == 0 and rates[1] == pytest.approx(PEAK)


def test_styles_are_favoured_by_name():
    assert train.favoured("surface=3,tiles=2.5") == {"surface": 3.0, "tiles": 2.5}
    with pytest.raises(argparse.ArgumentTypeError, match="no such style: sheets"):
        train.favoured("sheets=3")


def test_a_run_draws_by_what_the_one_before_read_at_its_end(start, monkeypatch):
    monkeypatch.setattr(train, "Producers", lambda *_: SimpleNamespace(stop=lambda: None))
    run = start()
    run.progress.exact = dict.fromkeys(train.STYLES, 0.9)
    run.styles = SimpleNamespace(read=lambda _: dict.fromkeys(train.STYLES, 0.25))
    run.progress.spent = 120.0
    run.go()
    assert set(start().progress.exact.values()) == {0.25}


def test_a_run_with_new_styles_begins_by_reading_all(start, monkeypatch):
    producers = SimpleNamespace(stop=lambda: None, share=[0.0] * len(train.STYLES))
    monkeypatch.setattr(train, "Producers", lambda *_: producers)
    run = start()
    run.progress.exact = {train.STYLES[0]: 0.9}
    read = []
    run.styles = SimpleNamespace(read=lambda net: read.append(net) or dict.fromkeys(train.STYLES, 0.25))
    run.ended = True
    run.go()
    assert len(read) == 1
    assert producers.share == train.shares(run.progress.exact, {}).tolist()

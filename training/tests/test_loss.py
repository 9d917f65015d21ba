import pytest
import torch
import torch.nn.functional as F

from training.ctc import encode
from training.loss import READABLE, loss_of, unlikeness

STEPS, CLASSES = 6, 71


def sure_of(text: str) -> torch.Tensor:
    logits = torch.zeros(STEPS, CLASSES)
    for step in range(STEPS):
        logits[step, encode(text)[step] if step < len(text) else 0] = 8.0
    return logits


def plain_loss(logits: torch.Tensor, text: str) -> float:
    given = logits[None].log_softmax(-1).transpose(0, 1)
    lengths = torch.tensor([STEPS]), torch.tensor([len(text)])
    return float(F.ctc_loss(given, torch.tensor(encode(text)), *lengths))


def test_what_is_read_counts_in_full():
    sure = sure_of("ab")
    assert 0 < plain_loss(sure, "ab") < READABLE
    assert float(loss_of(sure[None], ["ab"])) == pytest.approx(plain_loss(sure, "ab"))


def test_what_no_one_can_read_counts_less_than_what_is_barely_readable():
    wrong = sure_of("zz")
    plain = plain_loss(wrong, "ab")
    assert plain > 3 * READABLE
    assert float(loss_of(wrong[None], ["ab"])) == pytest.approx(READABLE**2 / plain)


def test_its_gradient_is_as_much_smaller():
    wrong = sure_of("zz").requires_grad_()
    loss_of(wrong[None], ["ab"]).backward()
    weighed = wrong.grad.norm()
    again = sure_of("zz").requires_grad_()
    given = again[None].log_softmax(-1).transpose(0, 1)
    F.ctc_loss(given, torch.tensor(encode("ab")), torch.tensor([STEPS]), torch.tensor([2])).backward()
    weight = (READABLE / plain_loss(sure_of("zz"), "ab")) ** 2
    assert float(weighed / again.grad.norm()) == pytest.approx(weight, rel=1e-3)


def test_unlikeness_is_nothing_between_equals_and_grows_with_distance():
    taught, near, far = sure_of("ab")[None], sure_of("ab")[None] * 0.9, sure_of("zz")[None]
    assert float(unlikeness(taught, taught, ["ab"])) == pytest.approx(0, abs=1e-6)
    assert 0 < float(unlikeness(near, taught, ["ab"])) < float(unlikeness(far, taught, ["ab"]))


def test_only_the_pupil_learns_from_unlikeness():
    pupil, teacher = (sure_of(text)[None].requires_grad_() for text in ("ab", "zz"))
    unlikeness(pupil, teacher, ["ab"]).backward()
    assert pupil.grad.abs().max() > 0 and teacher.grad is None


def test_a_picture_without_text_asks_for_blanks_and_nothing_more():
    unsure = torch.zeros(1, STEPS, CLASSES, requires_grad=True)
    loss_of(unsure, [""]).backward()
    assert torch.isfinite(unsure.grad).all() and (unsure.grad[0, :, 0] < 0).all()

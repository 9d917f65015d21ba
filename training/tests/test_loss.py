import numpy as np
import pytest
import torch
import torch.nn.functional as F

from training.batches import Batch
from training.ctc import encode
from training.train import READABLE, loss_of

STEPS, CLASSES = 6, 71


def batch(*texts: str) -> Batch:
    return Batch(np.zeros((len(texts), 48, 8 * STEPS, 3), np.uint8), list(texts))


def fixed(*logits: torch.Tensor):
    """A net that says the same whatever it sees."""
    return lambda images: torch.stack(logits)


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
    assert float(loss_of(fixed(sure), batch("ab"), "cpu")) == pytest.approx(plain_loss(sure, "ab"))


def test_what_no_one_can_read_counts_no_more_than_what_is_barely_readable():
    wrong = sure_of("zz")
    assert plain_loss(wrong, "ab") > 3 * READABLE
    assert float(loss_of(fixed(wrong), batch("ab"), "cpu")) == pytest.approx(READABLE)


def test_its_gradient_is_as_much_smaller():
    wrong = sure_of("zz").requires_grad_()
    loss_of(fixed(wrong), batch("ab"), "cpu").backward()
    weighed = wrong.grad.norm()
    again = sure_of("zz").requires_grad_()
    given = again[None].log_softmax(-1).transpose(0, 1)
    F.ctc_loss(given, torch.tensor(encode("ab")), torch.tensor([STEPS]), torch.tensor([2])).backward()
    assert float(weighed / again.grad.norm()) == pytest.approx(READABLE / plain_loss(sure_of("zz"), "ab"), rel=1e-3)

"""What a net is trained to make small."""

import torch
import torch.nn.functional as F
from torch import Tensor

from training.ctc import encode

# Loss a character from which an image counts less, by its square: what no one can read would teach the net to guess.
READABLE = 1.0


def loss_of(logits: Tensor, texts: list[str]) -> Tensor:
    """Mean CTC loss a character of (N, T, classes) logits, unreadable images at less weight."""
    steps, lengths = logits.shape[1], torch.tensor([len(text) for text in texts])
    targets = torch.tensor([k for text in texts for k in encode(text)])
    losses = F.ctc_loss(
        logits.float().log_softmax(-1).transpose(0, 1),
        targets.to(logits.device),
        torch.full((len(lengths),), steps),
        lengths,
        reduction="none",
        zero_infinity=True,  # a text longer than the steps have room for
    ) / lengths.clamp(min=1).to(logits.device)
    return (losses * (READABLE / losses.detach().clamp(min=READABLE)) ** 2).mean()


def unlikeness(logits: Tensor, teacher: Tensor, texts: list[str]) -> Tensor:
    """Mean divergence a character of `logits` from the probabilities of a `teacher`, step by step (Hinton 2015)."""
    length = sum(len(text) for text in texts)
    wanted = teacher.detach().float().log_softmax(-1)
    return F.kl_div(logits.float().log_softmax(-1), wanted, reduction="sum", log_target=True) / length

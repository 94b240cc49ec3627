"""What a training of texts makes small: the surprisal at each right token."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from core.training.loop.examples import IGNORED


def token_loss(logits: torch.Tensor, labels: torch.Tensor, *, smoothing: float = 0.0) -> torch.Tensor:
    """Mean cross entropy over the tokens of a batch that are learned, in fp32 whatever the logits are; 0 where a batch has none.

    Args:
        logits: ``[rows, tokens, vocabulary]``.
        labels: int64 ``[rows, tokens]``, ``IGNORED`` where nothing is learned.
        smoothing: part of the target that is spread over the vocabulary.
    """
    learned = labels != IGNORED
    if not learned.any():
        return logits.sum() * 0.0
    return functional.cross_entropy(logits[learned].float(), labels[learned], label_smoothing=smoothing)


def surprisal_of(logits: torch.Tensor, labels: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """For each row the sum of minus the log-probabilities of its tokens, float64, and how many these are, int64.

    Args:
        logits: ``[rows, tokens, vocabulary]``.
        labels: int64 ``[rows, tokens]``, ``IGNORED`` where nothing is asked.
    """
    asked = labels != IGNORED
    each = functional.cross_entropy(logits[asked].float(), labels[asked], reduction="none").double()
    sums = torch.zeros(len(labels), dtype=torch.float64, device=each.device)
    sums.index_add_(0, asked.nonzero()[:, 0], each)
    return sums.cpu().numpy(), asked.sum(dim=1).cpu().numpy()

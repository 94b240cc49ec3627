"""What a training of a model that finds answers makes small."""

from __future__ import annotations

from typing import Any

import torch

from core.training.answers.windows import END, START
from core.training.loop.examples import IGNORED


def losses_of(outputs: Any, marks: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
    """Mean of the start's and the end's cross entropy for each window, in fp32, ``[windows]``.

    As where answers are read out, probabilities are over the tokens of the context and the null position. Where several answers are
    right, their probabilities are added up: any of them will do (Clark and Gardner 2018, https://aclanthology.org/P18-1078).

    Args:
        outputs: of the model, with ``start_logits`` and ``end_logits``, ``[windows, tokens]``.
        marks: int64 ``[windows, tokens]``, as :func:`core.training.answers.windows.marks` has them.
        smoothing: part of the target that is spread over all places.
    """
    sides = ((outputs.start_logits, START), (outputs.end_logits, END))
    return sum(_loss(logits.float(), marks, side, smoothing) for logits, side in sides) / 2


def _loss(logits: torch.Tensor, marks: torch.Tensor, side: int, smoothing: float) -> torch.Tensor:
    possible = marks != IGNORED
    right = possible & ((marks & side) > 0)
    sure = logits.masked_fill(~possible, -torch.inf).log_softmax(-1)
    loss = -sure.masked_fill(~right, -torch.inf).logsumexp(-1)
    if not smoothing:
        return loss
    spread = -sure.masked_fill(~possible, 0).sum(-1) / possible.sum(-1)
    return (1 - smoothing) * loss + smoothing * spread

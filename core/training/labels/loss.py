"""What a training makes small."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional


def loss_of(
    logits: torch.Tensor, targets: torch.Tensor, problem: str, *, weights: torch.Tensor | None = None, smoothing: float = 0.0
) -> Any:
    """Mean loss of a batch, in fp32 whatever the logits are.

    Args:
        logits: ``[rows, labels]``.
        targets: int64 ``[rows]`` for one label, float ``[rows, labels]`` for several, float ``[rows]`` for numbers.
        problem: transformers' ``problem_type``.
        weights: of the classes, ``[labels]``.
        smoothing: part of the target that is spread over the other labels.
    """
    logits = logits.float()
    if problem == "regression":
        return functional.mse_loss(logits.squeeze(-1), targets.float())
    if problem == "multi_label_classification":
        spread = targets * (1 - smoothing) + smoothing / 2
        return functional.binary_cross_entropy_with_logits(logits, spread, pos_weight=weights)
    return functional.cross_entropy(logits, targets, weight=weights, label_smoothing=smoothing)


def class_weights(targets: np.ndarray, problem: str, labels: int) -> np.ndarray | None:
    """Weights that let every class count the same: the inverse of its share, 1 on the average of the rows.

    Of several labels each is weighted by how much rarer than not it is, at most 100 times. ``None`` for numbers.
    """
    if problem == "regression":
        return None
    if problem == "multi_label_classification":
        positive = targets.sum(axis=0)
        return np.clip((len(targets) - positive) / np.maximum(positive, 1), 1, 100).astype(np.float32)
    counts = np.bincount(targets, minlength=labels)
    return (len(targets) / (labels * np.maximum(counts, 1))).astype(np.float32)

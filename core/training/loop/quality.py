"""One number for how good a model is on the validation rows, the same for every checkpoint of a training."""

from __future__ import annotations

import numpy as np

TIE = 1e-9  # of a loss: far less than one row of a million changes a quality


def quality_of(logits: np.ndarray, targets: np.ndarray, problem: str) -> float:
    """Accuracy for one label, micro-F1 at 0.5 for several, and for numbers the share of their variance that is explained (R squared).

    Args:
        logits: float32 ``[rows, labels]``.
        targets: as in :class:`core.training.labels.column.Labels`.
        problem: transformers' ``problem_type``.

    Returns:
        Minus infinity where an output is no number.
    """
    if not np.isfinite(logits).all():
        return -np.inf  # the worst that there is, whatever the most likely label of nothing would be
    if problem == "single_label_classification":
        return float((logits.argmax(axis=1) == targets).mean())
    if problem == "multi_label_classification":
        found, wanted = logits > 0, targets > 0.5
        right = int((found & wanted).sum())
        return 2 * right / max(int(found.sum() + wanted.sum()), 1)
    spread = float(np.square(targets - targets.mean()).sum())
    return 1 - float(np.square(logits[:, 0] - targets).sum()) / spread if spread > 0 else 0.0


def rank(quality: float, loss: float) -> float:
    """What checkpoints are ordered by: quality, and of equal ones the lower loss. Few validation rows give many equal qualities."""
    return quality - TIE * loss if np.isfinite(loss) else -np.inf

"""What follows from the logits of labels: probabilities at a temperature, how sure the answer is, what is predicted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.tasks.labels import scores_of

PROBABILITIES = ("single", "multi", "score")
"""Kinds of heads whose scores are probabilities; ``regression`` and ``raw`` give numbers as they are."""


def probabilities_at(logits: Sequence[Sequence[float]] | np.ndarray, problem: str, temperature: float = 1.0) -> np.ndarray:
    """Scores of the logits divided by a temperature, float64 of the same shape ``[rows, labels]``.

    Above 1 the probabilities come closer to each other, below 1 they move apart; the order stays (Guo et al. 2017,
    https://arxiv.org/abs/1706.04599). A head that gives no probabilities is left as it is.

    Args:
        problem: as in :class:`core.tasks.TaskModel`.
        temperature: above 0.
    """
    values = np.asarray(logits, np.float64)
    return scores_of(values / temperature, problem) if problem in PROBABILITIES else values


def margins(probabilities: np.ndarray, problem: str, thresholds: Sequence[float] = ()) -> list[float | None]:
    """By how much each row's answer won, float in 0 to 1; ``None`` where there are no probabilities to compare.

    One of several labels: the first probability less the second. Several labels: the smallest distance of a label from its threshold.
    """
    if problem == "single" and probabilities.shape[1] > 1:
        ordered = np.sort(probabilities, axis=1)
        return (ordered[:, -1] - ordered[:, -2]).tolist()
    if problem == "multi":
        return np.abs(probabilities - _bars(probabilities, thresholds)).min(axis=1).tolist()
    return [None] * len(probabilities)


def entropies(probabilities: np.ndarray, problem: str) -> list[float | None]:
    """Shannon entropy of each row in bits: 0 is certain, 1 a toss of a coin. With several labels, the sum over labels (yes or no each)."""
    if problem == "single":
        return _bits(probabilities).sum(axis=1).tolist()
    if problem in ("multi", "score"):
        return (_bits(probabilities) + _bits(1 - probabilities)).sum(axis=1).tolist()
    return [None] * len(probabilities)


def predicted(probabilities: np.ndarray, labels: Sequence[str], problem: str, thresholds: Sequence[float] = ()) -> list[list[str]]:
    """The labels of each row: one, or with several labels all from their thresholds on; none where the answer is a number."""
    if problem == "multi":
        chosen = probabilities >= _bars(probabilities, thresholds)
        return [[labels[place] for place in np.flatnonzero(row)] for row in chosen]
    if problem in ("regression", "score"):
        return [[] for _ in probabilities]
    return [[labels[place]] for place in probabilities.argmax(axis=1)]


def _bars(probabilities: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    return np.asarray(thresholds, np.float64) if len(thresholds) else np.full(probabilities.shape[1], 0.5)


def _bits(probabilities: np.ndarray) -> np.ndarray:
    return -probabilities * np.log2(np.where(probabilities > 0, probabilities, 1.0))

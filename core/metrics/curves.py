"""Curves of probabilities over thresholds: ROC, precision and recall, abstention. Rows of equal probability are one step of a curve."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.metrics.probabilities import steps


class Steps(NamedTuple):
    """At each threshold, from the highest: rows at or above it that have the label, that have not, and the threshold; ``[steps]`` each."""

    hits: np.ndarray
    alarms: np.ndarray
    thresholds: np.ndarray


def steps_of(positive: np.ndarray, score: np.ndarray) -> Steps:
    """Counts at every distinct score.

    Args:
        positive: rows that have the label, bool ``[rows]``, rows at least one.
        score: float ``[rows]``, finite.
    """
    order, starts = steps(score)
    hits = np.add.reduceat(positive[order].astype(np.int64), starts).cumsum()
    every = np.append(starts[1:], len(order))
    return Steps(hits, every - hits, score[order][starts])


def roc(found: Steps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False positive rate, true positive rate and threshold, from (0, 0); the first threshold is infinity.

    The points of scikit-learn's ``roc_curve(drop_intermediate=False)`` (Fawcett 2006, doi:10.1016/j.patrec.2005.10.010).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        alarms, hits = found.alarms / found.alarms[-1], found.hits / found.hits[-1]
    return np.append(0.0, alarms), np.append(0.0, hits), np.append(np.inf, found.thresholds)


def precision_recall(found: Steps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recall, precision and threshold, from recall 0 (precision 1 by custom) on.

    The points of scikit-learn's ``precision_recall_curve``, the other way round.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = found.hits / (found.hits + found.alarms), found.hits / found.hits[-1]
    return np.append(0.0, recall), np.append(1.0, precision), np.append(np.inf, found.thresholds)


def f1_of(found: Steps) -> np.ndarray:
    """F1 at each threshold, ``[steps]``; NaN where no row has the label."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return 2 * found.hits / (found.hits + found.alarms + found.hits[-1])


def thinned(x: np.ndarray, y: np.ndarray, most: int) -> np.ndarray:
    """Places of at most ``most`` points that a curve is drawn with: both ends, and points at even distances along it, ascending."""
    if len(x) <= most:
        return np.arange(len(x))
    length = np.append(0.0, np.abs(np.diff(x)) + np.abs(np.diff(y))).cumsum()
    if not np.isfinite(length[-1]) or length[-1] == 0:
        return np.unique(np.linspace(0, len(x) - 1, most).round().astype(np.int64))
    places = np.searchsorted(length, np.linspace(0, length[-1], most))
    return np.unique(np.append(np.append(0, places.clip(0, len(x) - 1)), len(x) - 1))[-most:]


class Abstention(NamedTuple):
    """When only the surest rows are answered: how many, and how many of them are wrong, from the surest on; ``[steps]`` each."""

    answered: np.ndarray
    wrong: np.ndarray
    thresholds: np.ndarray

    @property
    def risk(self) -> np.ndarray:
        """Share of the answered rows that are wrong."""
        return self.wrong / self.answered


def abstention(right: np.ndarray, confidence: np.ndarray) -> Abstention:
    """Counts at every distinct confidence (El-Yaniv and Wiener 2010, https://jmlr.org/papers/v11/el-yaniv10a.html).

    Args:
        right: bool ``[rows]``, rows at least one.
        confidence: float ``[rows]``, finite.
    """
    found = steps_of(~right, confidence)
    return Abstention(found.hits + found.alarms, found.hits, found.thresholds)


def risk_area(found: Abstention) -> float:
    """Area under the risk-coverage curve: the mean, over the rows from the surest on, of the share that is wrong so far.

    Within rows of equal confidence the share is that of all of them together (Geifman, Uziel and El-Yaniv 2019,
    https://arxiv.org/abs/1805.08206). 0 is perfect; the error rate is what confidence that says nothing gives.
    """
    new = np.diff(np.append(0, found.answered))
    return float((found.risk * new).sum() / found.answered[-1])

"""Metrics that follow from a confusion table, and their intervals.

All of them need only three things of a table: its diagonal, its row sums (how often a label is true) and its column sums
(how often it was predicted). Resampling the rows of the data with replacement is the same as drawing the cells of the
table from a multinomial distribution, so an interval costs the same for a hundred rows and for a million.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import sparse

from core.metrics.resampling import CELLS_AT_ONCE, DRAWS, bounds, figure_of

Z_95 = 1.959963984540054
SHARES = ("accuracy", "f1_micro", "precision_micro", "recall_micro")
"""Shares of rows, where each row has one label."""


class Margins(NamedTuple):
    """Of ``draws`` confusion tables over the same labels: float64 ``[draws, labels]`` each."""

    hits: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray


def confusion_counts(truth: np.ndarray, prediction: np.ndarray, labels: int) -> np.ndarray:
    """int64 ``[labels, labels]``: rows are the truth, columns the prediction. Both arguments hold label indices."""
    return np.bincount(truth * labels + prediction, minlength=labels * labels).reshape(labels, labels)


def margins(counts: np.ndarray) -> Margins:
    """Margins of one table, ``draws`` = 1."""
    table = counts.astype(np.float64)
    return Margins(np.diag(table)[None], table.sum(1)[None], table.sum(0)[None])


def resampled_margins(counts: np.ndarray, rng: np.random.Generator, draws: int = DRAWS) -> Margins:
    """Margins of ``draws`` tables, each what a sample of the same size from the same rows could have given."""
    true, predicted = np.nonzero(counts)
    values = counts[true, predicted].astype(np.float64)
    size, total = len(counts), int(values.sum())
    cells = np.arange(len(values))
    by_truth = sparse.csr_array((np.ones(len(values)), (cells, true)), shape=(len(values), size))
    by_prediction = sparse.csr_array((np.ones(len(values)), (cells, predicted)), shape=(len(values), size))
    diagonal = sparse.csr_array(((true == predicted).astype(np.float64), (cells, true)), shape=(len(values), size))
    step = max(1, CELLS_AT_ONCE // max(len(values), 1))
    pieces = []
    for start in range(0, draws, step):
        drawn = rng.multinomial(total, values / total, size=min(step, draws - start)).astype(np.float64)
        pieces.append((drawn @ diagonal, drawn @ by_truth, drawn @ by_prediction))
    return Margins(*(np.concatenate(piece) for piece in zip(*pieces, strict=True)))


def count_metrics(tables: Margins) -> dict[str, np.ndarray]:
    """Every count-based metric of each table: name to float64 ``[draws]``, NaN where it is not defined.

    Labels that are neither true nor predicted in a table do not enter its averages, as in scikit-learn.
    """
    hits, truth, predicted = tables
    total = truth.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, precision = hits / truth, hits / predicted
        f1 = 2 * hits / (truth + predicted)
        accuracy = hits.sum(1) / total
    occurs = (truth + predicted) > 0
    several = (truth > 0).sum(1) > 1
    return {
        "accuracy": accuracy,
        "balanced_accuracy": _mean(recall, truth > 0),
        "f1_macro": _mean(f1, occurs),
        "f1_micro": accuracy,
        "f1_weighted": _mean(f1, occurs, truth),
        "precision_macro": _mean(precision, occurs),
        "precision_micro": accuracy,
        "precision_weighted": _mean(precision, occurs, truth),
        "recall_macro": _mean(recall, occurs),
        "recall_micro": accuracy,
        "recall_weighted": _mean(recall, occurs, truth),
        "mcc": np.where(several, _matthews(tables, total), np.nan),
        "cohen_kappa": np.where(several, _kappa(tables, total, accuracy), np.nan),
    }


def interval(name: str, value: float, resampled: np.ndarray, rows: int) -> tuple[float | None, float | None]:
    """Bounds of the 95 % interval of a metric.

    Shares of rows get Wilson's interval, which stays honest when every row is right; the others the 2.5 % and 97.5 %
    points of the resampled values. Where all of those are equal, resampling knows nothing and there is no interval.
    """
    return wilson(value, rows) if name in SHARES else bounds(value, resampled)


def class_figures(counts: np.ndarray, resampled: Margins) -> list[dict[str, dict]]:
    """Precision, recall and F1 of each label as ``{value, low, high, n}``.

    Precision and recall are shares of rows and get Wilson's interval; F1 the percentiles of the resampled tables.
    """
    hits, support, predicted = np.diag(counts), counts.sum(1), counts.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = 2 * resampled.hits / (resampled.truth + resampled.predicted)
    figures = []
    for label in range(len(counts)):
        both = int(support[label] + predicted[label])
        f1 = 2 * hits[label] / both if both else math.nan
        figures.append(
            {
                "precision": share_figure(int(hits[label]), int(predicted[label])),
                "recall": share_figure(int(hits[label]), int(support[label])),
                "f1": figure_of(float(f1), drawn[:, label], 1.0, both - int(hits[label])),
            }
        )
    return figures


def share_figure(part: int, whole: int) -> dict:
    """A share of rows as ``{value, low, high, n}`` with Wilson's interval."""
    if not whole:
        return {"value": None, "low": None, "high": None, "n": 0}
    low, high = wilson(part / whole, whole)
    return {"value": part / whole, "low": low, "high": high, "n": whole}


def wilson(share: float, rows: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share of ``rows`` rows."""
    z2 = Z_95 * Z_95
    centre = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = Z_95 / (1 + z2 / rows) * math.sqrt(share * (1 - share) / rows + z2 / (4 * rows * rows))
    return max(0.0, centre - half), min(1.0, centre + half)


def _mean(values: np.ndarray, chosen: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Mean over the chosen labels of each table; what is undefined (0/0) counts as 0, like scikit-learn's zero_division."""
    weights = chosen.astype(np.float64) if weights is None else np.where(chosen, weights, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (np.nan_to_num(values, nan=0.0) * weights).sum(1) / weights.sum(1)


def _matthews(tables: Margins, total: np.ndarray) -> np.ndarray:
    """Multiclass Matthews correlation (Gorodkin 2004); 0 where every row got the same prediction, as in scikit-learn."""
    hits, truth, predicted = tables
    covariance = hits.sum(1) * total - (truth * predicted).sum(1)
    spread = (total**2 - (truth**2).sum(1)) * (total**2 - (predicted**2).sum(1))
    return np.divide(covariance, np.sqrt(spread), out=np.zeros_like(covariance), where=spread > 0)


def _kappa(tables: Margins, total: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    chance = (tables.truth * tables.predicted).sum(1) / np.maximum(total, 1) ** 2
    return np.divide(accuracy - chance, 1 - chance, out=np.full_like(accuracy, np.nan), where=chance < 1)

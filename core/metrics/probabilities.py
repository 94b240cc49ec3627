"""Metrics of probabilities, and their intervals by resampling rows.

Sums over rows (log loss, Brier score) use all rows. Areas need the rows in order of each label's probability; resampling
gives the rows weights, so the order is found once.
"""

from __future__ import annotations

import numpy as np

from core.metrics.resampling import RESAMPLED_ROWS, bounds, figure_of

RESAMPLED_CELLS = 400_000
RANKED_CELLS = 8_000_000
DRAWS = 200
AREAS = ("roc_auc", "average_precision")
Weights = np.ndarray  # float64 [draws, rows]: how often each row was drawn


def probability_metrics(
    truth: np.ndarray, probabilities: np.ndarray, rng: np.random.Generator, limit: int = RESAMPLED_ROWS
) -> tuple[dict[str, tuple[float, float | None, float | None, int]], int]:
    """Log loss, Brier score, ROC AUC and average precision with 95 % intervals.

    Args:
        truth: label index of each row, int ``[rows]``.
        probabilities: ``[rows, labels]``, finite.
        limit: most rows that are resampled; fewer where there are many labels.

    Returns:
        Name to (value, low, high, rows used), NaN where not defined; and the number of rows that were resampled. With
        fewer of them than rows, the spread found is shrunk by the square root of the ratio.
    """
    rows, labels = probabilities.shape
    losses = {"log_loss": log_losses(truth, probabilities), "brier": brier_losses(truth, probabilities)}
    ranked = _sample(rows, max(limit, RANKED_CELLS // labels), rng)
    found = {name: (float(loss.mean()), rows) for name, loss in losses.items()}
    found |= {name: (float(value[0]), len(ranked)) for name, value in areas(truth[ranked], probabilities[ranked]).items()}

    sample = _sample(rows, min(limit, max(2_000, RESAMPLED_CELLS // labels)), rng)
    weights = _draw_weights(len(sample), rng)
    draws = {name: weights @ loss[sample] / len(sample) for name, loss in losses.items()}
    draws |= areas(truth[sample], probabilities[sample], weights)
    result = {}
    for name, (value, used) in found.items():
        low, high = bounds(value, draws[name], float(np.sqrt(len(sample) / used)))
        result[name] = (value, low, high, used)
    return result, len(sample)


def marked_areas(truth: np.ndarray, probabilities: np.ndarray, rng: np.random.Generator, limit: int = RESAMPLED_ROWS) -> dict[str, dict]:
    """ROC AUC and average precision of each label by itself, averaged, where a row may have several labels.

    Args:
        truth: which labels each row has, bool ``[rows, labels]``.
        probabilities: ``[rows, labels]``, finite.

    Returns:
        ``roc_auc`` and ``average_precision`` as ``{value, low, high, n}``.
    """
    rows, labels = probabilities.shape
    if not rows:
        return {name: figure_of(float("nan"), None, 1.0, 0) for name in AREAS}
    ranked = _sample(rows, max(limit, RANKED_CELLS // labels), rng)
    sample = _sample(rows, min(limit, max(2_000, RESAMPLED_CELLS // labels)), rng)
    found = _mean_areas(truth[ranked], probabilities[ranked], _once(len(ranked)))
    draws = _mean_areas(truth[sample], probabilities[sample], _draw_weights(len(sample), rng))
    scale = float(np.sqrt(len(sample) / len(ranked)))
    return {name: figure_of(float(found[name][0]), draws[name], scale, len(ranked)) for name in AREAS}


def label_areas(positive: np.ndarray, score: np.ndarray, rng: np.random.Generator, limit: int = RESAMPLED_ROWS) -> dict[str, dict]:
    """As :func:`marked_areas`, of one label: which rows have it, bool ``[rows]``, and its probability, float ``[rows]``."""
    return marked_areas(positive[:, None], score[:, None], rng, limit)


def log_losses(truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Negative natural logarithm of the true label's probability, clipped to the type's epsilon, for each row."""
    epsilon = np.finfo(probabilities.dtype).eps
    chosen = probabilities[np.arange(len(truth)), truth].astype(np.float64)
    return -np.log(np.clip(chosen, epsilon, 1 - epsilon))


def brier_losses(truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Squared distance to the true label's corner, for each row; halved where there are two labels (Brier's 0 to 1 scale)."""
    squares = np.einsum("ij,ij->i", probabilities, probabilities, dtype=np.float64)
    squares += 1 - 2 * probabilities[np.arange(len(truth)), truth]
    return squares / 2 if probabilities.shape[1] == 2 else squares


def areas(truth: np.ndarray, probabilities: np.ndarray, weights: Weights | None = None) -> dict[str, np.ndarray]:
    """ROC AUC and average precision of each draw of weights (of the plain rows without them), float64 ``[draws]``.

    With two labels: of the second one. With more: one against the rest, averaged over the labels that are true of some
    rows and not of all. NaN where there is no such label.
    """
    weights = _once(len(truth)) if weights is None else weights
    labels = probabilities.shape[1]
    chosen = np.arange(labels) if labels != 2 else np.array([1])
    return _mean_areas(truth[:, None] == chosen, probabilities[:, chosen], weights)


def _once(rows: int) -> Weights:
    """Every row once."""
    return np.ones((1, rows))


def _mean_areas(truth: np.ndarray, probabilities: np.ndarray, weights: Weights) -> dict[str, np.ndarray]:
    """Both areas, averaged over the labels that some rows have and others have not; ``truth`` and ``probabilities`` ``[rows, labels]``."""
    roc, precision = [], []
    for label in range(probabilities.shape[1]):
        positive = truth[:, label]
        if positive.any() and not positive.all():
            area, average = _areas_of_one(positive, probabilities[:, label], weights)
            roc.append(area)
            precision.append(average)
    if not roc:
        undefined = np.full(len(weights), np.nan)
        return {"roc_auc": undefined, "average_precision": undefined}
    return {"roc_auc": _mean_of_defined(roc), "average_precision": _mean_of_defined(precision)}


def _areas_of_one(positive: np.ndarray, score: np.ndarray, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Both areas of one label, exact under ties: rows of equal score are one step of the curve."""
    order, starts = steps(score)
    drawn = weights[:, order]
    positives = np.add.reduceat(np.where(positive[order], drawn, 0.0), starts, axis=1)
    negatives = np.add.reduceat(drawn, starts, axis=1) - positives
    hits, alarms = positives.cumsum(1), negatives.cumsum(1)
    all_hits, all_alarms = hits[:, -1], alarms[:, -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        above = (negatives * (hits - positives / 2)).sum(1)  # pairs ranked the right way, ties by half
        area = above / (all_hits * all_alarms)
        average = np.nansum(positives * (hits / (hits + alarms)), axis=1) / all_hits
    average[all_hits == 0] = np.nan
    return area, average


def steps(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows from the highest score to the lowest, and the places in that order at which a lower score begins."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    return order, np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))


def _mean_of_defined(columns: list[np.ndarray]) -> np.ndarray:
    stacked = np.stack(columns)
    defined = ~np.isnan(stacked)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nansum(stacked, axis=0) / defined.sum(0)


def _sample(rows: int, limit: int, rng: np.random.Generator) -> np.ndarray:
    return np.arange(rows) if rows <= limit else np.sort(rng.choice(rows, limit, replace=False))


def _draw_weights(rows: int, rng: np.random.Generator) -> Weights:
    return np.stack([np.bincount(rng.integers(0, rows, rows), minlength=rows) for _ in range(DRAWS)]).astype(np.float64)

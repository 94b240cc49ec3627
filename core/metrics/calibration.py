"""How far confidence can be believed: reliability bins, expected calibration error, temperature scaling."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from core.metrics.resampling import RESAMPLED_ROWS, figure_of, resampled

FORMULA = (
    "ECE = sum over the bins of (rows in the bin / all rows) x |accuracy - mean confidence| (Naeini et al. 2015; Guo et al. 2017); "
    "confidence is the probability of the prediction."
)
COLDEST, HOTTEST = 0.02, 50.0


class Bins(NamedTuple):
    """Bins of confidence; a row lies in the bin whose ``low`` it is above and whose ``high`` it is not above. ``[bins]`` each."""

    low: np.ndarray
    high: np.ndarray
    rows: np.ndarray
    confidence: np.ndarray
    right: np.ndarray

    @property
    def error(self) -> float:
        """Expected calibration error; NaN without rows."""
        total = self.rows.sum()
        return float(np.abs(self.right - self.confidence).sum() / total) if total else float("nan")


def width_edges(bins: int) -> np.ndarray:
    """Edges of bins of equal width between 0 and 1, float64 ``[bins + 1]``."""
    return np.linspace(0, 1, bins + 1)


def mass_edges(confidence: np.ndarray, bins: int) -> np.ndarray:
    """Edges of bins that hold about equally many rows; fewer bins where many rows have the same confidence."""
    inner = np.quantile(confidence, np.linspace(0, 1, bins + 1)[1:-1], method="higher") if len(confidence) else np.empty(0)
    return np.unique(np.concatenate([[0.0], inner[(inner > 0) & (inner < 1)], [1.0]]))


def binned(right: np.ndarray, confidence: np.ndarray, edges: np.ndarray) -> Bins:
    """Sums of each bin: ``confidence`` and ``right`` are sums over its rows.

    Args:
        right: bool or 0 and 1, ``[rows]``.
        confidence: float ``[rows]`` from 0 to 1.
        edges: ascending from 0 to 1; 0 itself lies in the first bin.
    """
    place = bin_of(confidence, edges)
    count = len(edges) - 1
    rows, sure, hits = (np.bincount(place, weights=values, minlength=count) for values in (np.ones(len(place)), confidence, right))
    return Bins(edges[:-1], edges[1:], rows.astype(np.int64), sure, hits)


def bin_of(confidence: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Number of the bin of each row."""
    return np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, len(edges) - 2)


def calibration_error(
    right: np.ndarray, confidence: np.ndarray, edges: np.ndarray, seed: int = 0, *, limit: int = RESAMPLED_ROWS
) -> dict[str, Any]:
    """Expected calibration error with the interval of resampled rows.

    An error of bins is never below 0, so that of few rows is too high on the average (Roelofs et al. 2022,
    https://arxiv.org/abs/2012.08668), and resampled ones still more: their spread is put around the value.

    Returns:
        ``{value, low, high, n}``.
    """
    rows, value = len(confidence), binned(right, confidence, edges).error
    if not rows:
        return figure_of(math.nan, None, 1.0, 0)
    rng = np.random.default_rng(seed)
    chosen = np.arange(rows) if rows <= limit else rng.choice(rows, limit, replace=False)
    table = np.zeros((len(chosen), len(edges)))
    table[np.arange(len(chosen)), bin_of(confidence[chosen], edges)] = np.asarray(right, np.float64)[chosen] - confidence[chosen]
    table[:, -1] = 1
    sums = resampled(table, rng, limit).sums
    draws = np.abs(sums[:, :-1]).sum(1) / sums[:, -1]
    found = figure_of(value, draws + value - np.median(draws), math.sqrt(len(chosen) / rows), rows)
    return found if found["low"] is None else {**found, "low": max(0.0, found["low"])}


def tempered(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Softmax of logits divided by a temperature, float64 ``[rows, labels]``. Logarithms of probabilities serve as logits."""
    scaled = logits / temperature
    shifted = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def log_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """Logarithms, finite also where a probability was rounded to 0."""
    return np.log(np.clip(probabilities, np.finfo(np.float64).eps, 1.0))


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The temperature that makes the true labels most probable (Guo et al. 2017, https://arxiv.org/abs/1706.04599).

    Args:
        logits: float ``[rows, labels]``, finite.
        truth: number of each row's label, int ``[rows]``.

    Returns:
        Between 0.02 and 50; above 1 where the model is too sure.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    own = logits[np.arange(len(truth)), truth]

    def loss(logarithm: float) -> float:
        scale = np.exp(-logarithm)
        return float((logsumexp(logits * scale, axis=1) - own * scale).mean())

    # In the inverse temperature the loss is convex, in its logarithm it has one valley: a bounded search finds it.
    found = minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))

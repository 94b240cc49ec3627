"""How far confidence can be believed: reliability bins, expected calibration error, temperature scaling."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from core.metrics.resampling import RESAMPLED_ROWS, figures_of_sums

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

    An error of bins is never below 0, so that of few rows is too high on the average, and so are its bounds (Roelofs et al. 2022,
    https://arxiv.org/abs/2012.08668).

    Returns:
        ``{value, low, high, n}``.
    """
    place, bins = bin_of(confidence, edges), len(edges) - 1
    gaps = np.asarray(right, np.float64) - confidence
    limited = _sampled(len(gaps), limit, seed)
    table = np.zeros((len(limited), bins))
    table[np.arange(len(limited)), place[limited]] = gaps[limited]
    table = np.column_stack([table, np.ones(len(limited))])
    found = figures_of_sums(table, lambda sums: {"ece": np.abs(sums[:, :-1]).sum(1) / sums[:, -1]}, seed, limit=limit)["ece"]
    value = binned(right, confidence, edges).error
    if len(limited) == len(gaps) or found["low"] is None:
        return {**found, "value": None if np.isnan(value) else value, "n": len(gaps)}
    scale = np.sqrt(len(limited) / len(gaps))
    low, high = (value + (found[bound] - found["value"]) * scale for bound in ("low", "high"))
    return {"value": value, "low": max(0.0, float(low)), "high": float(high), "n": len(gaps)}


def _sampled(rows: int, limit: int, seed: int) -> np.ndarray:
    return np.arange(rows) if rows <= limit else np.random.default_rng(seed).choice(rows, limit, replace=False)


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

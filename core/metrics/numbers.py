"""How good predicted numbers are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.metrics.counts import Z_95
from core.metrics.resampling import RESAMPLED_ROWS, figures_of_sums


def number_metrics(truth: Sequence[float | None], prediction: Sequence[float | None], seed: int = 0) -> dict[str, Any]:
    """Metrics of numbers with 95 % intervals, equal to scikit-learn's and scipy's.

    Args:
        truth: the user's number of each row; ``None`` leaves the row out.
        prediction: the model's; ``None`` where the row failed.
        seed: of the resampling.

    Returns:
        ``metrics`` {name: {value, low, high, n}} and ``notes``.
    """
    pairs = [(true, said) for true, said in zip(truth, prediction, strict=True) if true is not None and said is not None]
    true, said = np.array(pairs, np.float64).reshape(-1, 2).T
    return {"metrics": float_metrics(true, said, seed), "notes": []}


def float_metrics(truth: np.ndarray, prediction: np.ndarray, seed: int = 0, *, limit: int = RESAMPLED_ROWS) -> dict[str, dict[str, Any]]:
    """As :func:`number_metrics`, of finite float64 ``[rows]``.

    The interval of Spearman's correlation is that of Bonett and Wright (2000, doi:10.1007/BF02294183): ranks cannot be resampled by rows.
    """
    middle = truth.mean() if len(truth) else 0.0  # sums of squares of large numbers would lose their digits
    table = _table(truth - middle, prediction - middle) if len(truth) else np.zeros((0, 8))
    return figures_of_sums(table, _values, seed, limit=limit) | {"spearman": _spearman(truth, prediction)}


def _spearman(truth: np.ndarray, prediction: np.ndarray) -> dict[str, Any]:
    from scipy.stats import rankdata

    rows = len(truth)
    if rows < 2 or np.ptp(truth) == 0 or np.ptp(prediction) == 0:
        return {"value": None, "low": None, "high": None, "n": rows}
    value = float(np.corrcoef(rankdata(truth), rankdata(prediction))[0, 1])
    if rows < 4 or abs(value) >= 1:
        return {"value": max(-1.0, min(1.0, value)), "low": None, "high": None, "n": rows}
    half = Z_95 * math.sqrt((1 + value**2 / 2) / (rows - 3))
    low, high = np.tanh(np.arctanh(value) + np.array([-half, half]))
    return {"value": value, "low": float(low), "high": float(high), "n": rows}


def _table(true: np.ndarray, said: np.ndarray) -> np.ndarray:
    difference = said - true
    return np.column_stack([np.ones(len(true)), np.abs(difference), difference**2, true, true**2, said, said**2, true * said])


def _values(sums: np.ndarray) -> dict[str, np.ndarray]:
    """Every metric of sums ``[draws, 8]``."""
    rows, off, squares, true, true2, said, said2, product = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        spread, spread_said = true2 - true**2 / rows, said2 - said**2 / rows
        constant = spread <= 1e-12 * np.maximum(true2, 1e-300)
        together = product - true * said / rows
        r2 = np.where(constant, np.nan, 1 - squares / spread)
        pearson = np.where(constant | (spread_said <= 0), np.nan, together / np.sqrt(spread * spread_said))
        return {
            "mae": off / rows,
            "rmse": np.sqrt(squares / rows),
            "r2": r2,
            "pearson": np.clip(pearson, -1, 1),
        }

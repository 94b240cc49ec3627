"""How good predicted numbers are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.metrics.resampling import figures_of_sums


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
    middle = true.mean() if len(true) else 0.0  # sums of squares of large numbers would lose their digits
    return {"metrics": figures_of_sums(_table(true - middle, said - middle) if len(true) else np.zeros((0, 8)), _values, seed), "notes": []}


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
        return {"mae": off / rows, "rmse": np.sqrt(squares / rows), "r2": r2, "pearson": np.clip(pearson, -1, 1)}

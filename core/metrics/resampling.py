"""Figures that are made of sums over rows, and how much they would change with other rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.metrics.counts import CELLS_AT_ONCE, DRAWS, SMALLEST_WIDTH

RESAMPLED_ROWS = 20_000  # rows that are resampled; of more, so many are drawn and the spread found is scaled

Values = Mapping[str, np.ndarray]


def figures_of_sums(table: np.ndarray, values: Callable[[np.ndarray], Values], seed: int = 0) -> dict[str, dict[str, Any]]:
    """Every figure with its 95 % interval: the percentiles of resampled rows (Efron and Tibshirani 1993).

    Args:
        table: what the figures sum up, float ``[rows, columns]``.
        values: from sums ``[draws, columns]`` to each figure ``[draws]``, NaN where it is not defined.
        seed: of the resampling: the same rows give the same intervals.

    Returns:
        For each name ``{value, low, high, n}``; ``None`` for what is not defined, the bounds also where every draw is the same.
    """
    rows = len(table)
    if not rows:
        return {name: {"value": None, "low": None, "high": None, "n": 0} for name in values(np.full((1, table.shape[1]), np.nan))}
    found, draws, scale = values(table.sum(0)[None]), *resampled(table, np.random.default_rng(seed))
    spread = values(draws)
    return {name: _figure(float(value[0]), spread[name], scale, rows) for name, value in found.items()}


def resampled(table: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Sums over rows drawn with replacement, float64 ``[DRAWS, columns]``, and by how much their spread is to be multiplied."""
    scale = 1.0
    if len(table) > RESAMPLED_ROWS:
        scale = math.sqrt(RESAMPLED_ROWS / len(table))
        table = table[rng.choice(len(table), RESAMPLED_ROWS, replace=False)]
    rows, step = len(table), max(1, CELLS_AT_ONCE // len(table))
    even = np.full(rows, 1 / rows)
    sums = [rng.multinomial(rows, even, size=min(step, DRAWS - start)) @ table for start in range(0, DRAWS, step)]
    return np.concatenate(sums), scale


def _figure(value: float, draws: np.ndarray, scale: float, rows: int) -> dict[str, Any]:
    known = draws[~np.isnan(draws)]
    if math.isnan(value) or len(known) < len(draws) / 2:
        return {"value": None if math.isnan(value) else value, "low": None, "high": None, "n": rows}
    low, high = np.quantile(known, [0.025, 0.975])
    if scale < 1:
        middle = float(np.median(known))
        low, high = value + (low - middle) * scale, value + (high - middle) * scale
    if high - low < SMALLEST_WIDTH:
        return {"value": value, "low": None, "high": None, "n": rows}
    return {"value": value, "low": float(low), "high": float(high), "n": rows}

"""How much figures would change with other rows: the bootstrap (Efron and Tibshirani 1993), for every metric that sums over rows.

Rows that are alike are drawn together: a sample of rows with replacement is a draw of their counts from a multinomial distribution, so a
million right and wrong answers cost what two cells cost. Where more than ``RESAMPLED_ROWS`` rows differ, so many are drawn by chance
and the spread found is scaled by the square root of the ratio.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

RESAMPLED_ROWS = 20_000
"""Different rows that are resampled where a caller says nothing else; see ``resampled_rows`` of the settings."""

DRAWS = 1_000
CELLS_AT_ONCE = 5_000_000
SMALLEST_WIDTH = 1e-12
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio: spreads the hashes of columns

Values = Mapping[str, np.ndarray]


class Drawn(NamedTuple):
    """Sums over ``rows`` resampled rows, float64 ``[DRAWS, columns]``; ``scale`` is what their spread is to be multiplied by."""

    sums: np.ndarray
    scale: float
    rows: int


def figures_of_sums(
    table: np.ndarray, values: Callable[[np.ndarray], Values], seed: int = 0, *, limit: int = RESAMPLED_ROWS
) -> dict[str, dict[str, Any]]:
    """Every figure with its 95 % interval: the percentiles of resampled rows.

    Args:
        table: what the figures sum up, float ``[rows, columns]``.
        values: from sums ``[draws, columns]`` to each figure ``[draws]``, NaN where it is not defined.
        seed: of the resampling: the same rows give the same intervals.
        limit: most different rows that are resampled.

    Returns:
        For each name ``{value, low, high, n}``; ``None`` for what is not defined, the bounds also where every draw is the same.
    """
    rows = len(table)
    if not rows:
        return {name: figure_of(math.nan, None, 1.0, 0) for name in values(np.full((1, table.shape[1]), np.nan))}
    found, drawn = values(table.sum(0)[None]), resampled(table, np.random.default_rng(seed), limit)
    spread = values(drawn.sums)
    return {name: figure_of(float(value[0]), spread[name], drawn.scale, rows) for name, value in found.items()}


def resampled(table: np.ndarray, rng: np.random.Generator, limit: int = RESAMPLED_ROWS) -> Drawn:
    """Sums over as many rows as there are, drawn with replacement from float ``[rows, columns]``, rows at least one."""
    cells, counts, scale = *alike(table), 1.0
    if len(cells) > limit:
        scale = math.sqrt(limit / len(table))
        cells, counts = alike(table[rng.choice(len(table), limit, replace=False)])
    rows, step = int(counts.sum()), max(1, CELLS_AT_ONCE // len(cells))
    shares = counts / rows
    sums = [rng.multinomial(rows, shares, size=min(step, DRAWS - start)) @ cells for start in range(0, DRAWS, step)]
    return Drawn(np.concatenate(sums), scale, rows)


def alike(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows of a table, in the order in which they come first, and how often each occurs.

    They are told apart by a hash of 64 bits: among a million different rows two are taken for one with odds of one in 30 million.
    """
    from pandas.util import hash_array

    table = np.asarray(table, np.float64) + 0.0  # -0.0 is 0.0
    hashes = np.zeros(len(table), np.uint64)
    for column in table.T:
        hashes = hashes * _MIX + hash_array(np.ascontiguousarray(column), categorize=False)
    _, first, counts = np.unique(hashes, return_index=True, return_counts=True)
    order = np.argsort(first)
    return table[first[order]], counts[order]


def mean_of_sums(sums: np.ndarray) -> np.ndarray:
    """Mean of a score from (sum of the score, rows), each ``[draws, 2]``."""
    return sums[:, 0] / sums[:, 1]


def mean_figure(values: np.ndarray, seed: int = 0, *, limit: int = RESAMPLED_ROWS) -> dict[str, Any]:
    """A mean over rows, float ``[rows]``, with its interval."""
    table = np.column_stack([values, np.ones(len(values))])
    return figures_of_sums(table, lambda sums: {"mean": mean_of_sums(sums)}, seed, limit=limit)["mean"]


def figure_of(value: float, draws: np.ndarray | None, scale: float, rows: int) -> dict[str, Any]:
    """A value and its resampled values as ``{value, low, high, n}``; NaN is ``None``."""
    if math.isnan(value):
        return {"value": None, "low": None, "high": None, "n": rows}
    low, high = (None, None) if draws is None else bounds(value, draws, scale)
    return {"value": value, "low": low, "high": high, "n": rows}


def bounds(value: float, draws: np.ndarray, scale: float = 1.0) -> tuple[float | None, float | None]:
    """The 2.5 % and 97.5 % points of resampled values.

    None where fewer than half of the draws are defined, and where all are equal: resampling knows nothing then.

    Args:
        scale: what the spread around the median is multiplied by, where fewer rows were drawn than there are.
    """
    known = draws[~np.isnan(draws)]
    if math.isnan(value) or len(known) < len(draws) / 2:
        return None, None
    low, high = np.quantile(known, [0.025, 0.975])
    if scale < 1:
        middle = float(np.median(known))
        low, high = value + (low - middle) * scale, value + (high - middle) * scale
    return (None, None) if high - low < SMALLEST_WIDTH else (float(low), float(high))

"""How surprised a language model is by texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.metrics.resampling import RESAMPLED_ROWS, figures_of_sums, mean_of_sums

LARGEST_EXPONENT = 700.0  # of a number that JSON knows


def perplexity(surprisal: np.ndarray, tokens: np.ndarray, seed: int = 0, *, limit: int = RESAMPLED_ROWS) -> dict[str, Any]:
    """Exponential of the mean surprisal over all tokens, with the 95 % interval of resampled rows (percentiles).

    Args:
        surprisal: of each row: minus the sum of the natural log-probabilities of its tokens, float64 ``[rows]``.
        tokens: of each row, ``[rows]``.
        seed: of the resampling.
        limit: most different rows that are resampled.

    Returns:
        {value, low, high, n}: ``n`` rows that have tokens; ``None`` for what is not defined.
    """
    kept = tokens > 0
    table = np.column_stack([surprisal[kept], tokens[kept]]).astype(np.float64)
    mean = figures_of_sums(table, lambda sums: {"mean": mean_of_sums(sums)}, seed, limit=limit)["mean"]
    return {**{name: _exponential(mean[name]) for name in ("value", "low", "high")}, "n": mean["n"]}


def _exponential(mean: float | None) -> float | None:
    return None if mean is None else float(np.exp(min(mean, LARGEST_EXPONENT)))

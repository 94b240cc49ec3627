"""How surprised a language model is by texts."""

from __future__ import annotations

from typing import Any

import numpy as np

DRAWS = 1_000
AT_ONCE = 5_000_000


def perplexity(surprise: np.ndarray, tokens: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """Exponential of the mean surprise over all tokens, with the 95 % interval of resampled rows (percentiles).

    Args:
        surprise: of each row: minus the sum of the natural log-probabilities of its tokens, float64 ``[rows]``.
        tokens: of each row, ``[rows]``.
        seed: of the resampling.

    Returns:
        {value, low, high, n}: ``n`` rows that have tokens; ``None`` for what is not defined.
    """
    kept = tokens > 0
    sums, counts = surprise[kept].astype(np.float64), tokens[kept].astype(np.float64)
    if not len(sums):
        return {"value": None, "low": None, "high": None, "n": 0}
    rng, step = np.random.default_rng(seed), max(1, AT_ONCE // len(sums))
    means = []
    for start in range(0, DRAWS, step):
        times = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=min(step, DRAWS - start))
        means.append((times @ sums) / (times @ counts))
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    bounds = (_number(low), _number(high)) if high - low > 1e-12 else (None, None)
    return {"value": _number(sums.sum() / counts.sum()), "low": bounds[0], "high": bounds[1], "n": len(sums)}


def _number(mean: float) -> float | None:
    """The exponential, where it is a number that JSON knows."""
    value = float(np.exp(np.float64(min(mean, 700.0))))
    return value if np.isfinite(value) else None

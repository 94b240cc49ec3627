"""Two models on the same rows: whether one is better, or whether chance alone could have made the difference."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from core.metrics.resampling import RESAMPLED_ROWS, figure_of, mean_of_sums, resampled


class Pairs(NamedTuple):
    """Rows by what two models made of them. ``fixed``: wrong by the first and right by the second; ``broken``: the other way round."""

    both_right: int
    both_wrong: int
    fixed: int
    broken: int


def count_pairs(first: np.ndarray, second: np.ndarray) -> Pairs:
    """Counts rows.

    Args:
        first: whether the first model is right, bool ``[rows]``.
        second: whether the second is.
    """
    return Pairs(
        both_right=int((first & second).sum()),
        both_wrong=int((~first & ~second).sum()),
        fixed=int((~first & second).sum()),
        broken=int((first & ~second).sum()),
    )


def mcnemar(fixed: int, broken: int) -> float:
    """p of McNemar's exact test: how often two equally good models would differ on their odd rows by as much, or more.

    Rows that both have right, or both wrong, say nothing; of the others as many should be fixed as broken. Twice the smaller tail
    of a binomial distribution with probability one half, at most 1 (McNemar 1947, doi:10.1007/BF02295996; the exact form as in
    statsmodels' ``mcnemar(exact=True)`` and scipy's ``binomtest``). 1 where no row differs.
    """
    from scipy.stats import binom

    return min(1.0, 2 * float(binom.cdf(min(fixed, broken), fixed + broken, 0.5)))


def f1_of_sums(sums: np.ndarray) -> np.ndarray:
    """F1 from (hits, found, true), each ``[draws, 3]``; NaN where there is nothing to find and nothing found."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return 2 * sums[:, 0] / (sums[:, 1] + sums[:, 2])


def paired_difference(first: np.ndarray, second: np.ndarray, seed: int = 0, *, limit: int = RESAMPLED_ROWS) -> dict[str, Any]:
    """Mean score of the second model minus that of the first, with its 95 % interval: see :func:`paired_figure`.

    Args:
        first: score of each row by the first model, float ``[rows]``; finite.
        second: likewise, of the same rows in the same order.
    """
    ones = np.ones(len(first))
    return paired_figure(np.column_stack([first, ones]), np.column_stack([second, ones]), mean_of_sums, seed, limit=limit)


def paired_figure(
    first: np.ndarray, second: np.ndarray, figure: Callable[[np.ndarray], np.ndarray], seed: int = 0, *, limit: int = RESAMPLED_ROWS
) -> dict[str, Any]:
    """A figure of the second model minus the same of the first, with the paired bootstrap's 95 % interval.

    Rows are drawn with replacement, each with what both models made of it, so that what makes a row hard or easy cancels out
    (Efron and Tibshirani 1993; Koehn 2004, https://aclanthology.org/W04-3250). Rows that are alike are drawn together
    (:mod:`core.metrics.resampling`), so a million right and wrong answers cost what four cells cost.

    Args:
        first: what the figure sums up, float ``[rows, columns]``.
        second: likewise, of the same rows in the same order.
        figure: from sums ``[draws, columns]`` to values ``[draws]``.
        seed: of the resampling: the same rows give the same interval.
        limit: most different rows that are resampled.

    Returns:
        ``{value, low, high, n}``; numbers ``None`` where not defined, the bounds also where every draw is the same.
    """
    rows, columns = first.shape
    if not rows:
        return figure_of(math.nan, None, 1.0, 0)
    value = float(figure(second.sum(0)[None])[0] - figure(first.sum(0)[None])[0])
    drawn = resampled(np.column_stack([first, second]), np.random.default_rng(seed), limit)
    return figure_of(value, figure(drawn.sums[:, columns:]) - figure(drawn.sums[:, :columns]), drawn.scale, rows)

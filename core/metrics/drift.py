"""How far two samples differ: statistics with a size that does not grow with the number of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

Size = Literal["none", "small", "moderate", "large", "unknown"]

KS_SIZES = (0.05, 0.1, 0.2)
PSI_SIZES = (0.02, 0.1, 0.25)
"""Below 0.1 a population counts as stable, from 0.25 on as shifted (Siddiqi 2006, "Credit Risk Scorecards")."""

CRAMER_SIZES = (0.05, 0.1, 0.3)
UNSEEN_SIZES = (0.01, 0.03, 0.1)
ALPHA = 0.001
LEAST = 30
SMOOTHING = 0.5


class Shift(NamedTuple):
    """A statistic, the p of its test where it has one, and what its size is called."""

    statistic: float | None
    p: float | None
    size: Size


def distance(first: np.ndarray, second: np.ndarray) -> Shift:
    """The Kolmogorov-Smirnov distance of two samples of numbers, 0 to 1, with the p of scipy's two-sample test."""
    from scipy.stats import ks_2samp

    if min(len(first), len(second)) < LEAST:
        return Shift(None, None, "unknown")
    found = ks_2samp(first, second, method="asymp" if len(first) + len(second) > 10_000 else "auto")
    return Shift(float(found.statistic), float(found.pvalue), sized(float(found.statistic), float(found.pvalue), KS_SIZES))


def stability(first: np.ndarray, second: np.ndarray) -> Shift:
    """Population stability index of two sets of counts over the same groups, with the p of the chi-square test of homogeneity.

    The index is the sum of (q - p) ln(q / p) over the shares p and q; each count gets one half more, so that an empty group does not
    make it infinite. Its size is "none" where chance alone could have made it.
    """
    if min(first.sum(), second.sum()) < LEAST or len(first) < 2:
        return Shift(None, None, "unknown")
    one, other = ((counts + SMOOTHING) / (counts + SMOOTHING).sum() for counts in (first, second))
    index = float(((other - one) * np.log(other / one)).sum())
    p = homogeneity(first, second).p
    return Shift(index, p, sized(index, 1.0 if p is None else p, PSI_SIZES))


def homogeneity(first: np.ndarray, second: np.ndarray) -> Shift:
    """Cramer's V of two sets of counts over the same groups, 0 to 1, with the p of the chi-square test (scipy, without correction)."""
    from scipy.stats import chi2_contingency

    table = np.stack([first, second]).astype(np.float64)
    table = table[:, table.sum(0) > 0]
    if min(first.sum(), second.sum()) < LEAST:
        return Shift(None, None, "unknown")
    if table.shape[1] < 2:
        return Shift(0.0, 1.0, "none")
    found = chi2_contingency(table, correction=False)
    strength = float(np.sqrt(found.statistic / table.sum()))
    return Shift(strength, float(found.pvalue), sized(strength, float(found.pvalue), CRAMER_SIZES))


def sized(statistic: float, p: float, steps: Sequence[float]) -> Size:
    """What a statistic is called: nothing where chance makes one like it in more than one of a thousand."""
    if p > ALPHA or statistic < steps[0]:
        return "none"
    return "small" if statistic < steps[1] else "moderate" if statistic < steps[2] else "large"


def unseen_share(first: Counter[str], second: Counter[str]) -> tuple[float, float]:
    """Share of the second sample's words that the first does not have, and the share to expect of more words from where the first came.

    The expected one is Good and Turing's: words that occur once, over all words (Good 1953, doi:10.1093/biomet/40.3-4.237).
    """
    total, known = sum(second.values()), sum(count for word, count in second.items() if word in first)
    once, words = sum(count == 1 for count in first.values()), sum(first.values())
    return (total - known) / max(total, 1), once / max(words, 1)


def bins_of(first: np.ndarray, second: np.ndarray, bins: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges at the deciles of the first sample, and the shares of both samples between them; the outer bins are open."""
    inner = np.unique(np.quantile(first, np.linspace(0, 1, bins + 1)[1:-1], method="nearest"))
    shares = [
        np.bincount(np.searchsorted(inner, values, side="left"), minlength=len(inner) + 1) / len(values) for values in (first, second)
    ]
    return inner, shares[0], shares[1]

"""Sizes of drift: nothing where nothing moved, statistics as scipy has them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from core.metrics.drift import bins_of, distance, homogeneity, sized, stability, unseen_share


def test_two_samples_of_one_source_have_not_moved() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert distance(rng.normal(size=400), rng.normal(size=300)).size == "none"
        assert stability(rng.multinomial(500, [0.5, 0.3, 0.2]), rng.multinomial(300, [0.5, 0.3, 0.2])).size == "none"


def test_statistics_are_scipys() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=500), rng.normal(0.6, size=400)
    found, theirs = distance(first, second), stats.ks_2samp(first, second)
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue)) and found.size == "large"
    one, other = np.array([300.0, 100.0, 0.0]), np.array([200.0, 150.0, 50.0])
    theirs = stats.chi2_contingency(np.stack([one, other]), correction=False)
    found = homogeneity(one, other)
    assert found.p == pytest.approx(theirs.pvalue) and found.statistic == pytest.approx(np.sqrt(theirs.statistic / 800))


def test_the_stability_index_is_its_formula() -> None:
    one, other = np.array([400.0, 600.0]), np.array([700.0, 300.0])
    p, q = (one + 0.5) / 1_001, (other + 0.5) / 1_001
    found = stability(one, other)
    assert found.statistic == pytest.approx(((q - p) * np.log(q / p)).sum()) and found.size == "large"


def test_too_few_rows_are_not_judged() -> None:
    assert distance(np.zeros(10), np.ones(500)).size == "unknown"
    assert stability(np.array([5.0, 5.0]), np.array([500.0, 1.0])).size == "unknown"
    assert homogeneity(np.array([100.0, 0.0]), np.array([100.0, 0.0])).size == "none"


@pytest.mark.parametrize(
    ("p", "statistic", "size"), [(0.5, 0.9, "none"), (0, 0.01, "none"), (0, 0.07, "small"), (0, 0.1, "moderate"), (0, 0.2, "large")]
)
def test_names_of_sizes(p: float, statistic: float, size: str) -> None:
    assert sized(statistic, p, (0.05, 0.1, 0.2)) == size


def test_unknown_words_against_what_is_to_be_expected() -> None:
    first = Counter(["a", "a", "a", "b", "b", "c", "d"])
    assert unseen_share(first, Counter(["a", "b", "e", "f"])) == (0.5, 2 / 7)
    rng = np.random.default_rng(3)
    words = [Counter(rng.zipf(1.5, 4_000).tolist()) for _ in range(2)]
    share, expected = unseen_share(*words)
    assert share == pytest.approx(expected, abs=0.01)


def test_bins_lie_at_the_deciles_of_the_first() -> None:
    first = np.arange(1_000.0)
    inner, one, other = bins_of(first, np.zeros(10))
    assert len(inner) == 9 and one == pytest.approx(np.full(10, 0.1), abs=0.002) and other[0] == 1 and len(other) == 10

"""Two models on the same rows, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.metrics.paired import Pairs, count_pairs, f1_of_sums, mcnemar, paired_difference, paired_figure


@pytest.mark.parametrize(("fixed", "broken"), [(0, 1), (1, 1), (5, 0), (3, 12), (12, 3), (250, 300), (40_000, 41_000)])
def test_mcnemar_equals_the_binomial_test(fixed: int, broken: int) -> None:
    assert mcnemar(fixed, broken) == pytest.approx(stats.binomtest(fixed, fixed + broken, 0.5).pvalue, rel=1e-9)


def test_mcnemar_of_models_that_never_differ() -> None:
    assert mcnemar(0, 0) == 1.0


def test_rows_are_counted_by_what_both_made_of_them() -> None:
    first, second = np.array([1, 1, 1, 0, 0, 0], bool), np.array([1, 1, 0, 1, 0, 0], bool)
    assert count_pairs(first, second) == Pairs(both_right=2, both_wrong=2, fixed=1, broken=1)


def scores(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    hard = rng.normal(0, 1, rows)
    return hard + rng.normal(0, 0.3, rows), hard + 0.1 + rng.normal(0, 0.3, rows)


def test_the_interval_is_that_of_scipys_paired_bootstrap() -> None:
    first, second = scores(600, seed=3)
    figure = paired_difference(first, second)
    theirs = stats.bootstrap(
        (first, second), lambda a, b, axis: (b - a).mean(axis), paired=True, method="percentile", n_resamples=4_000, rng=1
    ).confidence_interval
    assert figure["value"] == pytest.approx((second - first).mean(), abs=1e-12) and figure["n"] == 600
    assert figure["low"] == pytest.approx(theirs.low, abs=0.004) and figure["high"] == pytest.approx(theirs.high, abs=0.004)


def test_right_and_wrong_answers_have_the_interval_of_their_differences() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.random(2_000) < 0.8, rng.random(2_000) < 0.84
    figure = paired_difference(first.astype(float), second.astype(float))
    spread = (second.astype(float) - first).std() / np.sqrt(2_000)
    assert figure["value"] == pytest.approx(second.mean() - first.mean())
    assert figure["high"] - figure["low"] == pytest.approx(2 * 1.96 * spread, rel=0.08)


def test_the_pairs_stay_together() -> None:
    """Of models that differ by the same on every row, however hard it is, nothing is left to chance."""
    first, _ = scores(300, seed=1)
    figure = paired_difference(first, first + 0.25)
    assert figure["value"] == pytest.approx(0.25) and figure["low"] is None and figure["high"] is None


def test_of_many_different_rows_some_are_drawn_and_the_spread_is_that_of_all() -> None:
    first, second = scores(8_000, seed=5)
    exact = paired_difference(first, second)
    drawn = paired_difference(first, second, limit=1_000)
    assert drawn["value"] == exact["value"] and drawn["n"] == 8_000
    assert drawn["high"] - drawn["low"] == pytest.approx(exact["high"] - exact["low"], rel=0.15)
    assert drawn["low"] < drawn["value"] < drawn["high"]


def test_the_same_seed_gives_the_same_interval_and_a_million_rows_are_few_cells() -> None:
    rng = np.random.default_rng(2)
    first, second = (rng.random((2, 1_000_000)) < 0.9).astype(float)
    assert paired_difference(first, second, seed=7) == paired_difference(first, second, seed=7)


def test_a_figure_of_sums() -> None:
    """F1 of entities comes from hits, found and true of all rows together, never from a mean over rows."""
    first = np.array([[1, 2, 2], [0, 0, 1], [2, 2, 2]] * 40, float)
    second = np.array([[2, 2, 2], [0, 1, 1], [2, 2, 2]] * 40, float)
    figure = paired_figure(first, second, f1_of_sums)
    assert figure["value"] == pytest.approx(2 * 4 / 10 - 2 * 3 / 9) and figure["low"] < figure["value"] < figure["high"]


def test_without_rows_or_without_anything_to_find_there_is_no_figure() -> None:
    nothing = {"value": None, "low": None, "high": None}
    assert paired_difference(np.empty(0), np.empty(0)) == {**nothing, "n": 0}
    assert paired_figure(np.zeros((3, 3)), np.zeros((3, 3)), f1_of_sums) == {**nothing, "n": 3}

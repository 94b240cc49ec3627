"""Resampling: alike rows together, as wide as scipy's bootstrap, as narrow as all rows where some are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.metrics.resampling import alike, bounds, figures_of_sums, mean_figure, resampled


def test_alike_rows_are_counted() -> None:
    table = np.array([[1.0, 2.0], [0.0, 0.0], [1.0, 2.0], [-0.0, 0.0], [1.0, 3.0]])
    cells, counts = alike(table)
    assert cells.tolist() == [[1, 2], [0, 0], [1, 3]] and counts.tolist() == [2, 2, 1]


def test_columns_are_not_taken_for_one_another() -> None:
    rng = np.random.default_rng(0)
    table = rng.integers(0, 3, (5_000, 6)).astype(float)
    cells, counts = alike(table)
    expected, theirs = np.unique(table, axis=0, return_counts=True)
    order = np.lexsort(cells.T[::-1])
    assert cells[order].tolist() == expected.tolist() and counts[order].tolist() == theirs.tolist()


def test_the_interval_is_that_of_scipys_bootstrap() -> None:
    values = np.random.default_rng(1).exponential(1.0, 300)
    figure = mean_figure(values)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=4_000, rng=2).confidence_interval
    assert figure["value"] == pytest.approx(values.mean()) and figure["n"] == 300
    assert (figure["low"], figure["high"]) == pytest.approx((theirs.low, theirs.high), abs=0.03)


def test_of_many_different_rows_some_are_drawn_and_the_spread_is_that_of_all() -> None:
    values = np.random.default_rng(2).normal(5, 2, 8_000)
    whole, drawn = mean_figure(values), mean_figure(values, limit=1_000)
    assert drawn["value"] == whole["value"] and drawn["n"] == 8_000
    assert drawn["high"] - drawn["low"] == pytest.approx(whole["high"] - whole["low"], rel=0.15)
    assert drawn["low"] < drawn["value"] < drawn["high"]


def test_the_work_depends_on_the_different_rows_not_on_all() -> None:
    few = resampled(np.tile([[1.0], [0.0]], (50_000, 1)), np.random.default_rng(0), 10)
    assert few.scale == 1 and few.rows == 100_000 and few.sums.mean() == pytest.approx(50_000, rel=0.001)


def test_what_is_not_defined_has_no_bounds() -> None:
    assert bounds(1.0, np.array([np.nan, np.nan, 1.0, 2.0, np.nan])) == (None, None)
    assert bounds(1.0, np.ones(10)) == (None, None)
    nothing = figures_of_sums(np.zeros((0, 2)), lambda sums: {"mean": sums[:, 0] / sums[:, 1]})
    assert nothing == {"mean": {"value": None, "low": None, "high": None, "n": 0}}

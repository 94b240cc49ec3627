"""Perplexity of rows, with an interval."""

from __future__ import annotations

import numpy as np
import pytest

from core.metrics.perplexity import perplexity


def test_every_token_counts_the_same_and_rows_without_any_do_not() -> None:
    found = perplexity(np.array([2.0, 6.0, 0.0]), np.array([2, 2, 0]))
    assert found["value"] == pytest.approx(np.exp(2.0)) and found["n"] == 2
    assert found["low"] == pytest.approx(np.exp(1.0)) and found["high"] == pytest.approx(np.exp(3.0))


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng, hits = np.random.default_rng(0), 0
    for draw in range(60):
        tokens = rng.integers(1, 20, 200)
        found = perplexity(np.array([rng.exponential(2.0, count).sum() for count in tokens]), tokens, seed=draw)
        hits += found["low"] <= np.exp(2.0) <= found["high"]
    assert 52 <= hits <= 60


def test_what_is_no_number_is_none() -> None:
    assert perplexity(np.zeros(0), np.zeros(0, int)) == {"value": None, "low": None, "high": None, "n": 0}
    assert perplexity(np.array([1.0, 1.0]), np.array([1, 1]))["low"] is None
    assert perplexity(np.array([np.nan, 1.0]), np.array([1, 1]))["value"] is None

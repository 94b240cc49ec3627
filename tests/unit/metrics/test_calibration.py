"""Bins, calibration error and temperature, against plain loops, scikit-learn and a known truth."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as testing
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from core.metrics.calibration import (
    binned,
    calibration_error,
    fit_temperature,
    log_probabilities,
    mass_edges,
    tempered,
    width_edges,
)


@st.composite
def rows(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    count = draw(st.integers(1, 80))
    right = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    return right, np.array(draw(st.lists(st.integers(0, 40), min_size=count, max_size=count))) / 40


@testing(max_examples=60, deadline=None)
@given(rows(), st.integers(2, 15))
def test_every_row_lies_in_one_bin_and_the_error_is_its_formula(table: tuple[np.ndarray, np.ndarray], bins: int) -> None:
    right, confidence = table
    for edges in (width_edges(bins), mass_edges(confidence, bins)):
        found = binned(right, confidence, edges)
        assert found.rows.sum() == len(right) and edges[0] == 0 and edges[-1] == 1
        expected = 0.0
        for place, (low, high) in enumerate(pairwise(edges)):
            kept = (confidence > low) & (confidence <= high) | ((place == 0) & (confidence == 0))
            assert found.rows[place] == kept.sum()
            expected += abs(right[kept].sum() - confidence[kept].sum()) / len(right)
        assert found.error == pytest.approx(expected)


def test_bins_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.random(2_000)
    right = rng.random(2_000) < confidence
    found = binned(right, confidence, width_edges(10))
    share, mean = calibration_curve(right, confidence, n_bins=10)
    assert found.right / found.rows == pytest.approx(share) and found.confidence / found.rows == pytest.approx(mean)


def test_bins_of_equal_mass_hold_about_as_many_rows() -> None:
    confidence = np.random.default_rng(0).beta(8, 2, 3_000)
    assert np.ptp(binned(confidence > 2, confidence, mass_edges(confidence, 15)).rows) <= 2
    assert len(mass_edges(np.ones(50), 10)) == 2


def test_the_interval_holds_the_value_and_shrinks_with_more_rows() -> None:
    rng = np.random.default_rng(3)
    widths = []
    for count in (400, 6_400):
        confidence = 0.5 + rng.random(count) / 2
        found = calibration_error(rng.random(count) < confidence - 0.1, confidence, width_edges(10))
        assert found["low"] < found["value"] < found["high"] and found["n"] == count
        widths.append(found["high"] - found["low"])
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.4)
    assert calibration_error(np.zeros(0), np.zeros(0), width_edges(5))["value"] is None


def test_of_many_rows_some_are_resampled_and_the_spread_is_that_of_all() -> None:
    rng = np.random.default_rng(4)
    confidence = 0.5 + rng.random(8_000) / 2
    right = rng.random(8_000) < confidence - 0.15
    whole, drawn = (calibration_error(right, confidence, width_edges(10), limit=limit) for limit in (20_000, 1_000))
    assert drawn["value"] == whole["value"]
    assert drawn["high"] - drawn["low"] == pytest.approx(whole["high"] - whole["low"], rel=0.3)


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_logits_is_found(true_temperature: float) -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, (20_000, 4))
    drawn = tempered(logits, 1.0).cumsum(1) > rng.random((20_000, 1))
    truth = drawn.argmax(1)
    found = fit_temperature(logits * true_temperature, truth)
    assert found == pytest.approx(true_temperature, rel=0.05)
    losses = [log_loss(truth, tempered(logits * true_temperature, value)) for value in (found, found * 1.05, found / 1.05)]
    assert losses[0] == min(losses)


def test_logarithms_of_probabilities_serve_as_logits_and_no_prediction_changes() -> None:
    rng = np.random.default_rng(6)
    logits, truth = rng.normal(0, 3, (500, 3)), rng.integers(0, 3, 500)
    probabilities = tempered(logits, 1.0)
    assert fit_temperature(log_probabilities(probabilities), truth) == pytest.approx(fit_temperature(logits, truth), rel=1e-4)
    after = tempered(log_probabilities(probabilities), 2.5)
    assert np.allclose(after, tempered(logits, 2.5)) and (after.argmax(1) == logits.argmax(1)).all()
    assert np.isfinite(log_probabilities(np.array([[0.0, 1.0]]))).all()

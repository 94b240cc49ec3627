"""Curves equal scikit-learn's on random tables; thresholds and abstention count what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as testing
from hypothesis import strategies as st
from sklearn import metrics as reference

from core.metrics.curves import abstention, f1_of, precision_recall, risk_area, roc, steps_of, thinned
from core.metrics.probabilities import label_areas


@st.composite
def tables(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Which rows have the label, some and not all of them, and scores with ties."""
    rows = draw(st.integers(2, 60))
    positive = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
    positive[:2] = True, False
    score = np.array(draw(st.lists(st.integers(0, 12), min_size=rows, max_size=rows))) / 12
    return positive, score


@testing(max_examples=60, deadline=None)
@given(tables())
def test_points_equal_scikit_learns(table: tuple[np.ndarray, np.ndarray]) -> None:
    positive, score = table
    found = steps_of(positive, score)
    x, y, thresholds = roc(found)
    theirs = reference.roc_curve(positive, score, drop_intermediate=False)
    assert all(np.allclose(ours, their) for ours, their in zip((x, y, thresholds), theirs, strict=True))
    recall, precision, thresholds = precision_recall(found)
    their_precision, their_recall, their_thresholds = reference.precision_recall_curve(positive, score)
    assert np.allclose(precision, their_precision[::-1]) and np.allclose(recall, their_recall[::-1])
    assert np.allclose(thresholds[1:], their_thresholds[::-1])
    for threshold, f1 in zip(found.thresholds, f1_of(found), strict=True):
        assert f1 == pytest.approx(reference.f1_score(positive, score >= threshold, zero_division=0))


@testing(max_examples=40, deadline=None)
@given(tables())
def test_areas_equal_scikit_learns(table: tuple[np.ndarray, np.ndarray]) -> None:
    positive, score = table
    found = label_areas(positive, score, np.random.default_rng(0))
    assert found["roc_auc"]["value"] == pytest.approx(reference.roc_auc_score(positive, score))
    assert found["average_precision"]["value"] == pytest.approx(reference.average_precision_score(positive, score))


@testing(max_examples=40, deadline=None)
@given(tables())
def test_abstention_counts_the_surest_rows(table: tuple[np.ndarray, np.ndarray]) -> None:
    right, confidence = table
    found = abstention(right, confidence)
    for answered, wrong, threshold in zip(*found, strict=True):
        kept = confidence >= threshold
        assert (answered, wrong) == (kept.sum(), (kept & ~right).sum())
    assert found.risk[-1] == pytest.approx(1 - right.mean())
    order = np.argsort(-confidence, kind="stable")
    share = np.array([(~right[confidence >= level]).mean() for level in confidence[order]])
    assert risk_area(found) == pytest.approx(share.mean())


def test_a_perfect_order_has_the_least_risk() -> None:
    right = np.array([True] * 8 + [False] * 2)
    best, worst = risk_area(abstention(right, np.linspace(1, 0, 10))), risk_area(abstention(right, np.linspace(0, 1, 10)))
    assert risk_area(abstention(right, np.full(10, 0.5))) == pytest.approx(0.2) and best < 0.2 < worst


@pytest.mark.parametrize("most", [11, 50, 300])
def test_a_thinned_curve_keeps_its_ends_and_its_form(most: int) -> None:
    rng = np.random.default_rng(1)
    positive, score = rng.random(5_000) < 0.2, rng.random(5_000)
    x, y, _ = roc(steps_of(positive, np.where(positive, score**0.5, score)))
    kept = thinned(x, y, most)
    assert 2 <= len(kept) <= most + 2 and kept[0] == 0 and kept[-1] == len(x) - 1 and (np.diff(kept) > 0).all()
    assert np.abs(np.interp(x, x[kept], y[kept]) - y).max() < 3 / most

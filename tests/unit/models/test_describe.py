"""What a config tells: thresholds of labels."""

from __future__ import annotations

import pytest

from core.models import thresholds_of

LABELS = {"id2label": {"0": "joy", "1": "fear"}}


def test_thresholds_come_in_the_order_of_the_logits() -> None:
    assert thresholds_of(LABELS | {"label_thresholds": {"fear": 0.25, "joy": 1}}) == (1.0, 0.25)


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        [0.5, 0.5],
        {"joy": 0.5},
        {"joy": 0.5, "fear": 0.5, "anger": 0.5},
        {"joy": 0.5, "rage": 0.5},
        {"joy": 0.5, "fear": "0.5"},
        {"joy": 0.5, "fear": True},
        {"joy": 0.5, "fear": 1.01},
        {"joy": 0.5, "fear": -0.01},
        {"joy": 0.5, "fear": float("nan")},
    ],
)
def test_what_does_not_fit_the_labels_is_no_threshold(said: object) -> None:
    assert thresholds_of(LABELS | {"label_thresholds": said}) == ()


def test_most_models_have_none() -> None:
    assert thresholds_of(LABELS) == thresholds_of({}) == ()

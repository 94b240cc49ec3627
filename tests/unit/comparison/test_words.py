"""A paired test in a sentence: who is better, by how much, and whether that is sure."""

from __future__ import annotations

import pytest

from core.comparison import verdict
from core.evaluation.words import p_words


def paired(name: str, value: float | None, low: float | None, high: float | None, p: float | None = None) -> dict:
    return {"mcnemar": p, "differences": {name: {"value": value, "low": low, "high": high, "n": 1_000}}}


@pytest.mark.parametrize(
    ("p", "words"), [(None, "–"), (0.0, "< 0.001"), (0.0009, "< 0.001"), (0.001, "0.001"), (0.0496, "0.050"), (0.1, "0.10"), (1.0, "1.00")]
)
def test_a_p_value_has_one_spelling(p: float | None, words: str) -> None:
    assert p_words(p) == words and p_words(p, equals="= ").removeprefix("= ") == words


@pytest.mark.parametrize(
    ("given", "name", "sentence"),
    [
        (
            paired("accuracy", 0.012, 0.003, 0.021, 0.0104),
            "accuracy",
            "Accuracy: B is better than A by 1.2 points on 1,000 rows (95 % interval 0.3 to 2.1 points, McNemar p = 0.010).",
        ),
        (
            paired("accuracy", -0.05, -0.08, -0.02, 0.0000004),
            "accuracy",
            "Accuracy: A is better than B by 5.0 points on 1,000 rows (95 % interval 2.0 to 8.0 points, McNemar p < 0.001).",
        ),
        (
            paired("accuracy", 0.01, -0.01, 0.03, 0.42),
            "accuracy",
            "Accuracy: A and B cannot be told apart on 1,000 rows (95 % interval -1.0 to 3.0 points, McNemar p = 0.42).",
        ),
        (
            paired("absolute_error", -0.5, -0.7, -0.3),
            "absolute_error",
            "Absolute error: B is better than A by 0.5 on 1,000 rows (95 % interval 0.3 to 0.7).",
        ),
        (
            paired("entity_f1", 0.02, -0.01, 0.05, 0.001),  # McNemar is about whole rows, not about F1
            "entity_f1",
            "Entity F1: A and B cannot be told apart on 1,000 rows (95 % interval -1.0 to 5.0 points).",
        ),
        (
            paired("accuracy", 0.0, None, None, 1.0),
            "accuracy",
            "Accuracy: A and B cannot be told apart on 1,000 rows (no difference, McNemar p = 1.00).",
        ),
        (paired("entity_f1", None, None, None), "entity_f1", "Entity F1: not defined on these rows."),
    ],
)
def test_verdicts(given: dict, name: str, sentence: str) -> None:
    assert verdict(given, name) == sentence


def test_runs_have_the_names_that_they_are_given() -> None:
    assert "mine is better than base" in verdict(paired("accuracy", 0.1, 0.05, 0.15, 0.001), "accuracy", "base", "mine")

"""Exact match and F1 as the SQuAD evaluation counts them."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from core.metrics import DEFINITIONS
from core.metrics.answers import answer_f1, answer_metrics, exact_match, normalise_answer, read_answers, read_places


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("The  Broncos!", "broncos"),
        ("a theory of an apple", "theory of apple"),
        ("U.S.A. (1998)", "usa 1998"),
        ("Żółć—naïve", "żółć—naïve"),
        ("", ""),
        ("the", ""),
    ],
)
def test_what_is_compared(text: str, plain: str) -> None:
    assert normalise_answer(text) == plain


@pytest.mark.parametrize(
    ("prediction", "answers", "exact", "f1"),
    [
        ("the Denver Broncos", ["Denver Broncos"], 1, 1),
        ("Broncos", ["Denver Broncos"], 0, 2 / 3),
        ("in the city of Paris", ["Paris", "city of Paris"], 0, 6 / 7),
        ("to to be", ["to be to"], 0, 1),
        ("no no no", ["no"], 0, 0.5),
        ("", [], 1, 1),
        ("something", [], 0, 0),
        ("", ["something"], 0, 0),
        ("the", [""], 1, 1),
    ],
)
def test_exact_match_and_f1(prediction: str, answers: list[str], exact: float, f1: float) -> None:
    assert exact_match(prediction, answers) == exact
    assert answer_f1(prediction, answers) == pytest.approx(f1)


def test_f1_is_the_balance_of_precision_and_recall() -> None:
    """Against the definition, over random answers."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        guess, true = ([str(word) for word in rng.choice(list("bcdefg"), rng.integers(1, 7))] for _ in range(2))
        shared = sum(min(count, Counter(true)[word]) for word, count in Counter(guess).items())
        precision, recall = shared / len(guess), shared / len(true)
        expected = 2 * precision * recall / (precision + recall) if shared else 0
        assert answer_f1(" ".join(guess), [" ".join(true)]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("cell", "answers"),
    [
        ("Paris", ("Paris",)),
        (" 1998 ", ("1998",)),
        ('["Paris", "the city"]', ("Paris", "the city")),
        ("[1998, null]", ("1998",)),
        ("[]", ()),
        ('[""]', ()),
        ('{"text": ["Paris", "Lyon"], "answer_start": [3, 9]}', ("Paris", "Lyon")),
        ('{"text": [], "answer_start": []}', ()),
        ('{"text": "Paris"}', ("Paris",)),
        ("[laughs]", ("[laughs]",)),
        ('{"other": 1}', ('{"other": 1}',)),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_cells_hold_one_answer_or_several(cell: str | None, answers: tuple[str, ...] | None) -> None:
    assert read_answers(cell) == answers


def test_a_blank_cell_can_mean_that_there_is_no_answer() -> None:
    assert read_answers("", blank_is_none=True) == read_answers(None, blank_is_none=True) == ()


def test_rows_with_and_without_an_answer_are_counted_apart() -> None:
    truth = [("Paris",), ("Paris", "Lyon"), (), (), None, ("x y",)]
    found = answer_metrics(truth, ["Paris", "lyon", "", "nonsense", "Paris", "y z"])["metrics"]
    assert found["exact_match"]["value"] == pytest.approx(3 / 5) and found["exact_match"]["n"] == 5
    assert found["answer_f1"]["value"] == pytest.approx((1 + 1 + 1 + 0 + 0.5) / 5)
    assert found["exact_match_answerable"]["value"] == pytest.approx(2 / 3)
    assert found["answer_f1_answerable"]["value"] == pytest.approx(2.5 / 3)
    assert found["no_answer_accuracy"] == {
        "value": 0.5,
        "low": pytest.approx(0.0945, abs=1e-3),
        "high": pytest.approx(0.9055, abs=1e-3),
        "n": 2,
    }
    assert set(found) <= set(DEFINITIONS)
    assert set(answer_metrics([("a",)], ["a"])["metrics"]) == {"exact_match", "answer_f1"}


def test_intervals_hold_the_value_and_nothing_to_compare_gives_none() -> None:
    rng = np.random.default_rng(2)
    guesses = [str(rng.choice(["b c", "b", "d"])) for _ in range(300)]
    figure = answer_metrics([("b c",)] * 300, guesses, seed=3)["metrics"]["answer_f1"]
    assert figure == answer_metrics([("b c",)] * 300, guesses, seed=3)["metrics"]["answer_f1"]
    assert figure["low"] < figure["value"] < figure["high"] and 0.05 < figure["high"] - figure["low"] < 0.15
    nothing = answer_metrics([None], ["x"])
    json.dumps(nothing, allow_nan=False)
    assert nothing["metrics"]["answer_f1"] == {"value": None, "low": None, "high": None, "n": 0}


@pytest.mark.parametrize(
    ("cell", "places"),
    [
        ('{"text": ["a", " ", "b"], "answer_start": [3, 0, 5]}', (("a", 3), ("b", 5))),
        ('{"text": ["a", "b"], "answer_start": [3]}', (("a", None), ("b", None))),
        ('{"text": "a", "answer_start": 3}', (("a", 3),)),
        ('[{"text": "a", "answer_start": 3}, {"text": "b"}, "c", 4, null]', (("a", 3), ("b", None), ("c", None), ("4", None))),
        ('{"text": ["a"], "answer_start": ["3"]}', (("a", None),)),
        ("plain", (("plain", None),)),
        ('{"other": 1}', (('{"other": 1}', None),)),
    ],
)
def test_places_of_answers(cell: str, places: tuple) -> None:
    assert read_places(cell) == places
    assert read_answers(cell) == tuple(text for text, _ in places)

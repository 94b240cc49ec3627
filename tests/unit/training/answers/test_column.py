"""The forms in which a table may hold answers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.training.answers.column import read_all
from core.training.answers.search import Place

CONTEXT = "red or blue or red"


@pytest.mark.parametrize(
    ("cell", "given", "places"),
    [
        ("blue", ("blue",), [Place(7, 11, "only")]),
        (json.dumps({"text": ["red", "blue"], "answer_start": [15, 7]}), ("red", "blue"), [Place(15, 18, "given"), Place(7, 11, "given")]),
        (json.dumps({"text": "red", "answer_start": 15}), ("red",), [Place(15, 18, "given")]),
        (
            json.dumps([{"text": "red", "answer_start": 15}, "blue"]),
            ("red", "blue"),
            [Place(15, 18, "given"), Place(7, 11, "only")],
        ),
        (json.dumps({"text": ["", "red"], "answer_start": [0, 15]}), ("red",), [Place(15, 18, "given")]),
        (json.dumps({"text": ["blue", "red"], "answer_start": [7]}), ("blue", "red"), [Place(7, 11, "only"), Place(0, 3, "several")]),
        (json.dumps(["green", "blue"]), ("green", "blue"), [Place(7, 11, "only")]),
        (json.dumps({"text": [], "answer_start": []}), (), []),
        ("[]", (), []),
        ("green", ("green",), []),
        (None, None, []),
        (" ", None, []),
    ],
)
def test_a_cell(cell: str | None, given: tuple[str, ...] | None, places: list[Place]) -> None:
    answers = read_all([cell], [CONTEXT], blank_is_none=False)
    assert (answers.given, answers.places) == ([given], [tuple(places)])
    assert (answers.silent[0], answers.empty[0], answers.found[0]) == (given is None, given == (), bool(places))


def test_blank_cells_mean_no_answer_where_the_user_says_so() -> None:
    answers = read_all([None, "", "blue"], [CONTEXT] * 3, blank_is_none=True)
    assert answers.empty.tolist() == [True, True, False] and not answers.silent.any()


def test_rows_are_found_by_how_their_answers_were() -> None:
    answers = read_all(["red", "RED or BLUE", '{"text": ["blue"], "answer_start": [0]}', "blue"], [CONTEXT] * 4, blank_is_none=False)
    assert [answers.found_by(how).tolist() for how in ("several", "alike", "moved", "only", "given")] == [[0], [1], [2], [3], []]
    assert np.array_equal(answers.found, [True] * 4)

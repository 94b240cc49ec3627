"""Each finding on questions and answers, with its rows."""

from __future__ import annotations

import numpy as np

from core.training.answers.checks import check_answers
from core.training.answers.column import read_all
from core.training.checks import KEPT_ROWS, Finding

ROWS = [
    ("q", "red or blue", "blue"),
    ("q", "red or blue", None),
    ("q", " ", "blue"),
    ("", "red or blue or grey", "blue"),
    ("q", "red or {blue} wine", "{green}"),
    ("q", "Red or white", "red"),
    ("q", "one two", '{"text": ["two"], "answer_start": [1]}'),
    ("q", "one or one", "one"),
    ("q", "three", "[]"),
]

WORDS = (
    "1 row has no answer and cannot be learnt from.",
    "no context and",
    "no question and",
    'such as "{green}".',
    "capitals or white space only",
    "answer_start at which",
    "several times",
    "set handle_no_answer",
)


def found(train: list[int], validation: list[int], *, says_none: bool = False, rows: list = ROWS) -> list[Finding]:
    questions, contexts, cells = zip(*rows, strict=True)
    answers = read_all(cells, contexts, blank_is_none=says_none)
    parts = {"train": np.array(train, np.int64), "validation": np.array(validation, np.int64)}
    return check_answers(answers, contexts, questions, **parts, says_none=says_none)


def test_every_finding_names_its_rows() -> None:
    findings = found([0, 6], [7])
    assert [next(finding.rows for finding in findings if words in finding.what) for words in WORDS] == [(row,) for row in range(1, 9)]
    assert "Only 1 row measures" in findings.pop().what
    assert len(findings) == len(WORDS) and not any(finding.stops for finding in findings)


def test_nothing_to_learn_stops_and_comes_first() -> None:
    first = found([8], [0])[0]
    assert first.stops and "nothing to learn from" in first.what
    assert not found([0], [8], rows=ROWS)[0].stops


def test_a_context_on_both_sides_is_told() -> None:
    rows = [("q", "red or blue", "blue"), ("other", "Red  or blue", "red"), ("q", "white wine", "wine")]
    told = found([0], [1, 2], rows=rows)
    assert [finding.rows for finding in told if "also trained on" in finding.what] == [(1,)]


def test_where_the_model_may_say_none_blank_cells_are_no_finding() -> None:
    assert not any("no answer" in finding.what for finding in found([0, 6], [7], says_none=True))


def test_of_many_rows_the_first_are_named() -> None:
    (finding,) = found([0], [], rows=[ROWS[0], *[("q", f"text {number}", None) for number in range(30)]])
    assert finding.count == 30 and len(finding.rows) == KEPT_ROWS and "30 rows have no answer" in finding.what

"""Where answers are found: at their start, else by search, whole words and exact places first."""

from __future__ import annotations

import pytest

from core.training.answers.search import NOT_FOUND, Place, find_answer

CONTEXT = "The cat saw a catalogue. The cat\u00a0 sat. Straße"


@pytest.mark.parametrize(
    ("text", "start", "place"),
    [
        ("saw", None, Place(8, 11, "only")),
        ("saw", 8, Place(8, 11, "given")),
        ("  saw ", 6, Place(8, 11, "given")),
        ("saw", 3, Place(8, 11, "moved")),
        ("saw", -20, Place(8, 11, "moved")),
        ("saw", 10**9, Place(8, 11, "moved")),
        ("The cat", None, Place(0, 7, "several")),
        ("The cat", 25, Place(25, 32, "given")),
        ("The cat", 20, Place(25, 32, "moved")),
        ("cat", None, Place(4, 7, "several")),
        ("alogue", None, Place(17, 23, "only")),
        ("log", 16, Place(18, 21, "moved")),
        ("the  CAT\nsat", None, Place(25, 37, "alike")),
        ("catalogue.", None, Place(14, 24, "only")),
        ("dog", None, NOT_FOUND),
        ("dog", 4, NOT_FOUND),
        (" ", 3, NOT_FOUND),
        ("(cat", None, NOT_FOUND),
    ],
)
def test_a_place(text: str, start: int | None, place: Place) -> None:
    assert find_answer(CONTEXT, text, start) == place
    if place.how not in ("nowhere", "alike"):
        assert CONTEXT[place.start : place.end] == text.strip()


def test_an_answer_within_words_is_found_where_it_is_nothing_else() -> None:
    assert find_answer("information in", "in") == Place(12, 14, "only")
    assert find_answer("information", "in") == Place(0, 2, "only")

"""Words that were changed between two texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.inspect.changes import changes


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("the film was good", "the film was bad", [("good", "bad")]),
        ("the film was good", "the film was not good", [("", "not ")]),
        ("not good", "good", [("not ", "")]),
        ("good", "good", []),
        ("", "new", [("", "new")]),
        ("café 👩‍👩‍👧 ok", "cafe 👩‍👩‍👦 ok", [("café", "cafe"), ("👩‍👩‍👧", "👩‍👩‍👦")]),
        ("a.b", "a,b", [(".", ",")]),
    ],
)
def test_words_not_letters_are_told_apart(before, after, words) -> None:
    found = changes(before, after)
    assert [(before[slice(*one.before)], after[slice(*one.after)]) for one in found] == words


@given(st.text("ab .é\n", max_size=40), st.text("ab .é\n", max_size=40))
def test_the_new_text_can_be_made_from_the_old_one(before, after) -> None:
    made, at = "", 0
    for one in changes(before, after):
        made += before[at : one.before[0]] + after[slice(*one.after)]
        at = one.before[1]
    assert made + before[at:] == after


def test_very_long_texts_are_one_change() -> None:
    found = changes("a " * 3_000, "b " * 3_000)
    assert [(one.before, one.after) for one in found] == [((0, 6_000), (0, 6_000))]

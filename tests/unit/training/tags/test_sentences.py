"""One word a row, gathered into sentences."""

from __future__ import annotations

import json

import pytest

from core.schema import Role
from core.training.rows import Rows
from core.training.tags.sentences import gathered


def table(words: list[str], tags: list[str | None], **named: list[str | None]) -> Rows:
    return Rows({Role.TOKENS: words}, {Role.TAGS: tags}, named={Role(name): cells for name, cells in named.items()})


def sentences(rows: Rows) -> dict[int, tuple[list[str], list[str]]]:
    """Words and tags by the row that holds them."""
    cells = zip(rows.cells[Role.TOKENS], rows.truth[Role.TAGS], strict=True)
    return {place: (json.loads(words), json.loads(tags)) for place, (words, tags) in enumerate(cells) if words}


WORDS, TAGS = ["Anna", "sleeps", "in", "New York", "Why"], ["B-PER", "O", "O", "B-LOC", "O"]


@pytest.mark.parametrize(
    "named",
    [
        {"id": ["1", "1", "2", "2", "3"]},
        {"id": ["Sentence: 1", None, "Sentence: 2", " ", "Sentence: 3"]},
        {"group": ["a", "a", "b", "b", "a"]},
        {"id": ["1", "2", "3", "4", "5"], "group": ["a", "a", "b", "b", "c"]},
    ],
    ids=["id", "named once", "group, one name twice", "an id of each word"],
)
def test_the_words_of_a_sentence_stand_in_its_first_row(named: dict[str, list[str | None]]) -> None:
    rows = gathered(table(WORDS, TAGS, **named))
    assert sentences(rows) == {0: (["Anna", "sleeps"], ["B-PER", "O"]), 2: (["in", "New York"], ["O", "B-LOC"]), 4: (["Why"], ["O"])}
    assert len(rows) == 5 and rows.truth[Role.TAGS][1] is None


def test_blank_rows_are_no_words_and_missing_tags_stay_missing() -> None:
    rows = gathered(table(["Anna", "", "sleeps", " "], ["B-PER", None, None, None], id=["1", "1", "1", "1"]))
    assert sentences(rows) == {0: (["Anna", "sleeps"], ["B-PER", ""])}


@pytest.mark.parametrize(
    ("words", "tags", "named"),
    [
        (WORDS, TAGS, {}),
        (WORDS, TAGS, {"id": ["1", "2", "3", "4", "5"]}),
        (["Anna sleeps", "in New York"], ["B-PER O", "O B-LOC I-LOC"], {"group": ["a", "a"]}),
        (['["Anna", "sleeps"]', '["in"]'], ['["B-PER", "O"]', '["O"]'], {"group": ["a", "a"]}),
    ],
    ids=["no names", "a name of each row", "words with spaces", "lists"],
)
def test_other_tables_are_left_as_they_are(words: list[str], tags: list[str], named: dict[str, list[str]]) -> None:
    rows = table(words, tags, **named)
    assert gathered(rows) is rows


def test_a_bracket_is_a_word() -> None:
    assert sentences(gathered(table(["[", "]", "[]"], ["O", "O", "O"], id=["1", "1", "1"]))) == {0: (["[", "]", "[]"], ["O"] * 3)}

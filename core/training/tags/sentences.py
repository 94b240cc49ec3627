"""Tables with one word in each row, as CoNLL files are: the words of a sentence put together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from core.schema import Role
from core.tasks.spans.word_lists import read_words
from core.training.rows import Rows

NAMES = (Role.ID, Role.GROUP)
"""Roles that can name the sentence of a word."""


def gathered(rows: Rows) -> Rows:
    """The rows with each sentence in the row of its first word, as lists, and nothing in the rows of its other words.

    Rows are one word each where all tags are, and where a column that names sentences says the same in neighbouring rows; a blank cell
    of that column says what stood above it. Rows of any other table are left as they are. Every place stays a row of the table.
    """
    words, tags = rows.cells.get(Role.TOKENS), rows.truth.get(Role.TAGS)
    starts = _starts(rows)
    if words is None or tags is None or starts is None or not _one_each(words, tags):
        return rows
    listed: list[str] = [""] * len(words)
    tagged: list[str | None] = [None] * len(words)
    for first, after in zip(starts, [*starts[1:], len(words)], strict=True):
        filled = [place for place in range(first, after) if words[place].strip()]
        if filled:
            listed[first] = json.dumps([_word(words[place]) for place in filled], ensure_ascii=False)
            given = [_word(tags[place]) for place in filled]
            tagged[first] = json.dumps(given, ensure_ascii=False)
    return replace(rows, cells={**rows.cells, str(Role.TOKENS): listed}, truth={**rows.truth, Role.TAGS: tagged})


def _starts(rows: Rows) -> list[int] | None:
    """First rows of the sentences by the first column that puts rows together; ``None`` where none does."""
    for role in NAMES:
        cells = rows.named.get(role)
        starts = _changes(cells) if cells else []
        if cells and len(starts) < len(cells):
            return starts
    return None


def _changes(cells: Sequence[str | None]) -> list[int]:
    """Where a column says something else than above. Equal names that are apart are two sentences: many files count anew by document."""
    before, starts = None, []
    for place, cell in enumerate(cells):
        name = (cell or "").strip()
        if not place or (name and name != before):
            starts.append(place)
        before = name or before
    return starts


def _one_each(words: Sequence[str], tags: Sequence[str | None]) -> bool:
    """Whether every row holds one word and one tag at most. A word may have a space in it, a tag not."""
    lists = {cell for cell in words if cell.strip().startswith("[")}
    return all(len(read_words(cell)) <= 1 for cell in lists) and all(len(read_words(cell)) <= 1 for cell in set(tags) if cell)


def _word(cell: str | None) -> str:
    words = read_words(cell or "")
    return words[0] if len(words) == 1 else (cell or "").strip()

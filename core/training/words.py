"""How rows, labels and texts of a user are named in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from core.tables.display import shown
from core.tables.problems import some

QUOTED_CHARACTERS = 60
NAMED = 5


def quoted(text: str) -> str:
    """A label or text of a user in quotation marks: on one line, short, with nothing invisible in it."""
    return f'"{shown(text, QUOTED_CHARACTERS, one_line=True)}"'


def quoted_few(texts: Iterable[str], limit: int = NAMED) -> str:
    """``"a", "b" and 3 more``."""
    return some([quoted(text) for text in texts], limit)


def rows_named(rows: Iterable[int], limit: int = NAMED) -> str:
    """``row 3 of the table``, ``rows 3, 7 and 12 more of the table``: counted from 1, given from 0."""
    numbers = [f"{row + 1:,}" for row in rows]
    return f"{'row' if len(numbers) == 1 else 'rows'} {some(numbers, limit)} of the table"

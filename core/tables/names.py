"""Names: of uploads (shown, never a path) and of columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

MAX_NAME = 120


def display_name(name: str) -> str:
    """The last part of an uploaded file's name, printable and at most 120 characters: for display only, never for a path."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip()
    if len(visible) > MAX_NAME:
        stem, dot, suffix = visible.rpartition(".")
        keep = f"{dot}{suffix}" if stem and len(suffix) <= 10 else ""
        visible = visible[: MAX_NAME - 1 - len(keep)] + "…" + keep
    return visible if visible.strip(".") else "table"


def unique_names(originals: Sequence[str]) -> list[str]:
    """A name for each column: blank ones become ``column_<position>``, repeated ones get ``.1``, ``.2``, all else stays.

    Args:
        originals: what the file says, in the order of the columns.
    """
    taken = {name for name in originals if name.strip()}
    seen: set[str] = set()
    numbers: dict[str, int] = {}
    names = []
    for position, original in enumerate(originals, start=1):
        name = original
        if not original.strip():
            name = free_name(f"column_{position}", taken)
        elif original in seen:
            name = _numbered(original, taken, numbers)
        taken.add(name)
        seen.add(name)
        names.append(name)
    return names


def free_name(wanted: str, taken: set[str]) -> str:
    """``wanted``, or ``wanted.1``, ``wanted.2`` … where that is taken."""
    return wanted if wanted not in taken else _numbered(wanted, taken, {})


def _numbered(wanted: str, taken: set[str], numbers: dict[str, int]) -> str:
    """The next free ``wanted.<number>``; ``numbers`` remembers where the last search ended."""
    number = numbers.get(wanted, 0) + 1
    while f"{wanted}.{number}" in taken:
        number += 1
    numbers[wanted] = number
    return f"{wanted}.{number}"

"""Stretches of a text marked in it. The text is the user's: every character of it is shown as it is, none is read as markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pages.parts.text import MOST_READ, plain

COLOURS = ("blue", "green", "orange", "violet", "red", "gray")
MOST_CHARACTERS = 20_000


class Mark(NamedTuple):
    """A stretch from character ``start`` to before ``end``, and what to call it. ``colour`` is one of its own, else its kind has one."""

    start: int
    end: int
    label: str = ""
    colour: str = ""


def marked(text: str, marks: Sequence[Mark], kinds: Sequence[str] = ()) -> str:
    """Markdown that shows ``text`` with the marks in colour, each followed by its label: colour alone would tell nothing to some.

    Args:
        marks: where they overlap, the earlier one stays whole.
        kinds: all labels, which gives each its colour.
    """
    pieces, at = [], 0
    text = text[:MOST_CHARACTERS]
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        if mark.start < at or mark.end > len(text) or mark.start >= mark.end:
            continue
        pieces.append(_lines(text[at : mark.start]))
        colour = mark.colour or (COLOURS[list(kinds).index(mark.label) % len(COLOURS)] if mark.label in kinds else COLOURS[0])
        name = f" :small[**{plain(mark.label, 40)}**]" if mark.label else ""
        pieces.append(f":{colour}-background[{_escaped(text[mark.start : mark.end].strip())}{name}]")
        at = mark.end
    pieces.append(_lines(text[at:]))
    return "".join(pieces) + (" …" if len(text) == MOST_CHARACTERS else "")


def around(text: str, mark: Mark, room: int = MOST_READ) -> tuple[str, Mark]:
    """The part of a long text about a mark, and where the mark lies in it."""
    low, high = max(0, mark.start - room // 2), min(len(text), mark.end + room // 2)
    before, after = "… " if low else "", " …" if high < len(text) else ""
    shift = len(before) - low
    return f"{before}{text[low:high]}{after}", Mark(mark.start + shift, mark.end + shift, mark.label, mark.colour)


def _lines(text: str) -> str:
    """Escaped, with its line breaks and the spaces at its ends, which separate it from the marks."""
    lines = [_spaced(line) for line in text.split("\n")]
    return "  \n".join(lines)


def _spaced(line: str) -> str:
    inner = line.strip()
    if not inner:
        return " " if line else ""
    return f"{' ' * line[0].isspace()}{_escaped(inner)}{' ' * line[-1].isspace()}"


def _escaped(text: str) -> str:
    return plain(text, MOST_CHARACTERS)

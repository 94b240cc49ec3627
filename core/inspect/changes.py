"""What was changed between two texts, word by word."""

from __future__ import annotations

from difflib import SequenceMatcher

import regex
from pydantic import BaseModel

PIECES = regex.compile(r"\s+|[\w\p{M}'’]+|\X")  # white space, words, and every other character as people count them
MOST_PIECES = 4_000  # of both texts: comparing takes the product of their differences


class Change(BaseModel):
    """A stretch of the old text in whose place stands a stretch of the new one; both in characters, either may be empty."""

    before: tuple[int, int]
    after: tuple[int, int]


def changes(before: str, after: str) -> list[Change]:
    """The stretches that differ, in reading order (Ratcliff and Obershelp's matching, as :mod:`difflib` does it)."""
    if before == after:
        return []
    old, new = _pieces(before), _pieces(after)
    if len(old) + len(new) > MOST_PIECES:
        return [Change(before=(0, len(before)), after=(0, len(after)))]
    found = SequenceMatcher(None, [before[a:b] for a, b in old], [after[a:b] for a, b in new], autojunk=False).get_opcodes()
    return [
        Change(before=_stretch(old, low, high, len(before)), after=_stretch(new, begin, end, len(after)))
        for kind, low, high, begin, end in found
        if kind != "equal"
    ]


def _pieces(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in PIECES.finditer(text)]


def _stretch(pieces: list[tuple[int, int]], low: int, high: int, length: int) -> tuple[int, int]:
    """The characters of some pieces; an empty stretch where there are none."""
    begin = pieces[low][0] if low < len(pieces) else length
    return begin, pieces[high - 1][1] if high > low else begin

"""Text of users inside figures: data, never markup.

Plotly reads a subset of HTML (``<b>``, ``<a href>``), character entities and, where MathJax is loaded, ``$...$`` in titles,
ticks, legends and hover texts. Whatever comes from data goes through :func:`shown` first.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable

ELLIPSIS = "…"
BLANK = "(blank)"
TICK_LETTERS = 22
HOVER_LETTERS = 200
TITLE_LETTERS = 38
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"})
_COMMA = re.compile(r",(?!\d)")  # none between the digits of a number
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def shown(value: object, letters: int = HOVER_LETTERS) -> str:
    """A value of the user's as Plotly may draw it: one line, at most ``letters`` long, without markup."""
    return elided(value, letters).translate(_MARKUP)


def elided(value: object, letters: int = HOVER_LETTERS) -> str:
    """A value on one line, cut with an ellipsis; control and direction characters become visible. Not escaped."""
    if value is None or value != value:
        return BLANK
    text = " ".join(str(value)[: 4 * letters].split())
    text = "".join("\ufffd" if c in _BIDI or unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    if not text:
        return BLANK
    return text if len(text) <= letters else _cut(text, letters - 1) + ELLIPSIS


def _cut(text: str, letters: int) -> str:
    """The first letters, without half of an emoji sequence or a letter that lost its accent."""
    while letters > 1 and (unicodedata.combining(text[letters]) or text[letters] in "\u200d\ufe0f" or text[letters - 1] == "\u200d"):
        letters -= 1
    return text[:letters].rstrip()


def ticks(values: Iterable[object], letters: int = TICK_LETTERS) -> list[str]:
    """Texts for an axis. Those that would look the same once cut keep their ends; the places of the axis are numbers."""
    values = list(values)
    cut = [elided(value, letters) for value in values]
    for place, value in enumerate(values):
        if cut.count(cut[place]) > 1 and cut[place].endswith(ELLIPSIS):
            whole = elided(value)
            cut[place] = f"{_cut(whole, letters // 2)}{ELLIPSIS}{whole[-(letters - letters // 2 - 1) :]}"
    return [text.translate(_MARKUP) for text in cut]


def title(text: str) -> str:
    """A title of ours around values of the user's that went through :func:`elided`, escaped and broken into short lines."""
    whole = text.replace(" %", "\u00a0%")  # a number and its sign stay on one line
    return "<br>".join(line.translate(_MARKUP) for line in textwrap.wrap(whole, TITLE_LETTERS, max_lines=3, placeholder=ELLIPSIS))


def share(part: float, whole: float) -> str:
    """A percentage as people write it: 62 %, and "under 1 %" instead of 0 % where there is something."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 1:
        return "under 1 %"
    if 99 < percent < 100:
        return "over 99 %"
    return f"{percent:.0f} %"


def rows(number: float, kind: str = "row") -> str:
    return f"{int(number):,} {kind}{'' if int(number) == 1 else 's'}"


def listing(names: Iterable[str]) -> str:
    """a, b and c"""
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def apart(pieces: Iterable[str]) -> str:
    """a, b, c; or a; b; c where one of them has a comma outside its numbers."""
    pieces = list(pieces)
    return ("; " if any(_COMMA.search(piece) for piece in pieces) else ", ").join(pieces)

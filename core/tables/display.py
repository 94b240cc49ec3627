"""Cells as a page may show them: short, cut between whole characters, with nothing invisible that changes how they read."""

from __future__ import annotations

import re

import regex

ELLIPSIS = "…"
# Marks that turn or hide text. Joiners and variation selectors stay: scripts and emoji are made with them.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u2028\u2029]"
)
LINES = str.maketrans({"\n": "↵", "\t": "⇥"})


def shown(cell: str, limit: int, *, one_line: bool = False) -> str:
    """The beginning of a cell with control and bidirectional characters as symbols.

    Args:
        cell: text of a user.
        limit: most characters as people count them (``settings.max_shown_characters``); no emoji or accent is torn.
        one_line: show line breaks and tabs as symbols too.
    """
    text = cut(cell, limit)
    return on_one_line(text) if one_line else symbols(text)


def cut(cell: str, limit: int) -> str:
    """At most ``limit`` graphemes of a text, with ``…`` where something was left out."""
    if len(cell) <= limit:
        return cell
    end = 0
    for count, grapheme in enumerate(regex.finditer(r"\X", cell), start=1):
        if count > limit:
            return cell[:end] + ELLIPSIS
        end = grapheme.end()
    return cell


def on_one_line(text: str) -> str:
    """As :func:`symbols`, line breaks and tabs too; that of Windows, two characters, is one."""
    return symbols(text.replace("\r\n", "\n")).translate(LINES)


def symbols(text: str) -> str:
    """Control characters as ``␀`` and the like, direction marks and other invisible ones as ``⟨U+202E⟩``."""
    return INVISIBLE.sub(_symbol, text)


def _symbol(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"

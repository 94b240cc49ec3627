"""Tokens of a text in figures: each as a cell with its own text in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from core.charts import words

MARKS = str.maketrans({" ": "\u2423", "\n": "\u23ce", "\r": "\u240d", "\t": "\u21e5"})
CELL_LETTERS = 18
MOST_NAMED = 5


def marked(text: str, letters: int = CELL_LETTERS) -> str:
    """A token's text with its spaces and line breaks as marks, cut to ``letters``, ready for Plotly."""
    return words.shown(text.translate(MARKS), letters)


def spoken(text: str, letters: int = CELL_LETTERS) -> str:
    """The same for a text alternative: not escaped."""
    return words.elided(text.translate(MARKS), letters)


def width_of(text: str) -> int:
    """Columns of a fixed-width font that a text takes: letters of Chinese, Japanese and Korean and most emoji take two."""
    return sum(0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def alternatives_lines(alternatives: Sequence[Mapping[str, Any]]) -> str:
    """Alternatives for a hover text, one a line."""
    return "".join(f"<br>{number}. {marked(one['text'])} {percent(one['probability'])}" for number, one in enumerate(alternatives, start=1))


def percent(probability: float) -> str:
    """A probability as people read it, with what is small still told apart: 45.1 %, 0.32 %, under 0.01 %."""
    share = 100 * probability
    if share and share < 0.01:
        return "under 0.01 %"
    return f"{share:.2f} %" if share < 1 else f"{share:.1f} %"

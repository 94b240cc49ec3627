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


def shade(share: float) -> float:
    """A place on a colour scale from 0 to 1 for a share of the range, in order, without the middle of the scale.

    Plotly writes in dark grey or white on a coloured cell; on colours halfway neither can be read (contrast under 4.5:1).
    """
    share = min(max(share, 0.0), 1.0)
    return 0.8 * share if share < 0.5 else 0.72 + 0.56 * (share - 0.5)

"""One cell of a label column: a label, a list of labels, or a number."""

from __future__ import annotations

import json
import math
import re
from typing import NamedTuple

MISSING_NUMBER = "nan"
MAX_FLOAT32 = 3.4028234663852886e38
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
# What Python and NumPy write for a list of texts; pandas puts it into CSV files.
_PYTHON_LIST = re.compile(r"""\[\s*(?:(?:'[^'\\]*'|"[^"\\]*")[\s,]*)*\]""")
_PYTHON_ITEM = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_DIGITS = re.compile(r"([0-9]+)")


class LabelCell(NamedTuple):
    """What one cell says. ``labels`` is ``None`` where it says nothing; an empty list says that no label applies."""

    labels: tuple[str, ...] | None
    is_list: bool = False


def read_cell(cell: str | None, separator: str = "") -> LabelCell:
    """Reads one cell: its labels trimmed, in the order of the cell, none twice.

    Args:
        cell: text as in the table; blank says nothing.
        separator: stands between labels; without one only a cell that is a list holds several.
    """
    text = "" if cell is None else cell.strip()
    if not text:
        return LabelCell(None)
    listed = _list_of(text) if text.startswith("[") and text.endswith("]") else None
    pieces = listed if listed is not None else text.split(separator) if separator else [text]
    labels = tuple(dict.fromkeys(piece.strip() for piece in pieces if piece.strip()))
    if listed is None and not labels:
        return LabelCell(None)  # nothing but separators
    return LabelCell(labels, listed is not None)


def _list_of(text: str) -> list[str] | None:
    """The items of a list written as JSON or as Python does; ``None`` where the text is no list of plain values."""
    try:
        # Numbers stay as the user spelled them: 1.0 is not 1 as a label.
        items = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        if not _PYTHON_LIST.fullmatch(text):
            return None
        return [single or double for single, double in _PYTHON_ITEM.findall(text)]
    if any(isinstance(item, list | dict) for item in items):
        return None
    return [item if isinstance(item, str) else json.dumps(item) for item in items if item is not None]


def number_in(text: str) -> float | None:
    """The number a label is, with a decimal point; ``None`` for anything else, also for one too large for float32."""
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) and abs(value) <= MAX_FLOAT32 else None


def has_fraction(text: str) -> bool:
    """Whether a number is written with a decimal point or an exponent."""
    return any(mark in text for mark in ".eE")


def natural_order(label: str) -> tuple:
    """A sort key: numbers by value before texts; digits within texts by value, so that ``grade 2`` is before ``grade 10``."""
    value = number_in(label)
    if value is not None:
        return (0, value, label)
    pieces = _DIGITS.split(label.casefold())
    # Even places hold text, odd ones digits; of two runs of digits without leading zeros the longer is greater.
    keys = tuple((len(piece.lstrip("0")), piece.lstrip("0")) if place % 2 else piece for place, piece in enumerate(pieces))
    return (1, keys, label)

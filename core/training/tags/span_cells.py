"""One cell that marks stretches of a text: a list of spans with their types."""

from __future__ import annotations

import ast
import json
import re
from typing import Any, NamedTuple

STARTS, ENDS = ("start", "start_offset", "begin"), ("end", "end_offset", "stop")
TYPES = ("label", "entity_group", "entity", "type", "tag", "class", "labels")
SPANS, TRIPLE = "entities", 3
_LISTED = re.compile(r"\s*(?:\[\s*[\[{(]|\{)")


class Span(NamedTuple):
    """A stretch of a text and its type; ``start`` and ``end`` count characters, ``end`` is after the last one."""

    kind: str
    start: int
    end: int


def holds_spans(cell: str) -> bool:
    """Whether a cell begins as a list of spans does, and as no list of words."""
    return _LISTED.match(cell) is not None


def read_spans(cell: str) -> list[Span] | None:
    """The spans of a cell; ``None`` where it is no list of spans.

    Each is an object with a start, an end and a type, as many tools name them (``start``, ``end``, ``label``; ``entity_group``, ``type``,
    ``labels``, ...), or a list of the three, as spaCy and doccano write it; the list may stand under ``entities``. JSON, or what Python
    writes for it. Our own results have the column ``entities`` in this form.
    """
    items = _items(cell.strip())
    if isinstance(items, dict):
        items = items.get(SPANS)
    if not isinstance(items, list | tuple):
        return None
    read = [_span(item) for item in items]
    return None if None in read else [span for spans in read for span in spans or ()]


def _items(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _span(item: Any) -> list[Span] | None:
    """One item as spans: several where it has several types."""
    if isinstance(item, dict):
        start, end, kinds = (next((item[name] for name in names if name in item), None) for names in (STARTS, ENDS, TYPES))
    elif isinstance(item, list | tuple) and len(item) == TRIPLE:
        start, end, kinds = item
    else:
        return None
    first, last = _place(start), _place(end)
    named = [str(kind).strip() for kind in (kinds if isinstance(kinds, list | tuple) else [kinds]) if kind is not None]
    if first is None or last is None or not named or not all(named):
        return None
    return [Span(kind, first, last) for kind in named]


def _place(value: Any) -> int | None:
    """A number of characters, also one that a table made a decimal or a text of."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if number.is_integer() and not isinstance(value, bool) else None

"""Values that are no texts, in a few words: a vector is never a wall of numbers, a list of findings reads as one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

FEW_NUMBERS = 8
NUMBERS_SHOWN = 3
NAMES = ("text", "token", "row")
DEGREES = ("label", "score", "similarity", "logprob")


def in_words(value: object) -> str:
    """``value`` as one text; a list of more than eight numbers by its first ones and how many they are."""
    if isinstance(value, str):
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return _item(value)
    if not isinstance(value, Sequence):
        return str(value)
    if len(value) > FEW_NUMBERS and all(isinstance(number, Real) for number in value):
        first = ", ".join(f"{number:.3f}" for number in value[:NUMBERS_SHOWN])
        return f"{first}, … ({len(value):,} numbers)"
    if value and all(isinstance(item, Mapping) for item in value):
        return "; ".join(_item(item) for item in value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _item(item: Mapping[str, Any]) -> str:
    """``Zoe (PER)``, ``row 12 (0.91)``; anything else as JSON."""
    name = next((key for key in NAMES if key in item), None)
    degree = next((key for key in DEGREES if key in item), None)
    if name is None or degree is None:
        return json.dumps(item, ensure_ascii=False, default=str)
    said = f"row {item[name]:,}" if name == "row" else str(item[name])
    more = item[degree]
    return f"{said} ({more:.2f})" if isinstance(more, float) else f"{said} ({more})"

"""The space of a search: ``8, 16, 32`` or ``0.0001..0.001`` for each dial, and how settings are drawn from it."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import get_args

import numpy as np
from pydantic import JsonValue, ValidationError

from core.errors import BadInput, SheetformerError
from core.refusal import first_refusal
from core.schema import Dials, Range, Search
from core.training.choices.spec_making import turn

Settings = dict[str, JsonValue]
"""Dials that are turned, with their values."""

FIXED = frozenset({"method", "metric"})
SEARCHED = tuple(name for name in Dials.model_fields if name not in FIXED)
"""Dials that can be searched: what is made, and by what it is judged, are the same for all fine-tunes of a search."""

EXAMPLE = "Write values, such as 8, 16, 32, or a range, such as 0.0001..0.001."
BY_FACTORS = 10  # a range whose ends differ by this factor is drawn by factors, unless it says otherwise
REDRAWS = 200
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*(log|linear)?\s*")


def read_dimension(dials: Dials, dial: str, text: str) -> Range | tuple[JsonValue, ...]:
    """Values or a range from what a user wrote.

    Args:
        dials: of the fine-tune, whose other dials stay; a value must fit them.
        text: values with commas between them (semicolons where a value holds commas); or ``low..high``, followed by ``log`` or
            ``linear`` where it should not be guessed how numbers are drawn from it.

    Raises:
        BadInput: a dial that cannot be searched, or a value that it cannot take.
    """
    if dial not in SEARCHED:
        raise BadInput(f"a dial to search among {', '.join(SEARCHED)}", repr(dial)[:60], "Choose one of these.")
    found = _RANGE.fullmatch(text)
    if found:
        return _range(dials, dial, float(found[1]), float(found[2]), found[3])
    pieces = [piece.strip() for piece in text.split(";" if ";" in text else ",")]
    return checked_values(dials, dial, [_value(dial, piece) for piece in pieces if piece])


def write_dimension(dimension: Range | tuple[JsonValue, ...]) -> str:
    """What :func:`read_dimension` reads back."""
    if isinstance(dimension, Range):
        return f"{dimension.low:g}..{dimension.high:g} {'log' if dimension.log else 'linear'}"
    pieces = [value if isinstance(value, str) else _written(value) for value in dimension]
    between = "; " if any("," in piece for piece in pieces) else ", "
    return between.join(pieces) + (";" if between == "; " and len(pieces) == 1 else "")


def checked_values(dials: Dials, dial: str, values: list[JsonValue]) -> tuple[JsonValue, ...]:
    """Values as the dial has them, each once.

    Raises:
        BadInput: none, or one that the dial cannot take.
    """
    taken = [turn(dials, {dial: value}).model_dump(mode="json")[dial] for value in values]
    kept = {json.dumps(value): value for value in taken}
    if not kept:
        raise BadInput(f"values for {dial}", "none", EXAMPLE)
    return tuple(kept.values())


def is_whole(dial: str) -> bool:
    """Whether a dial takes whole numbers."""
    kind = Dials.model_fields[dial].annotation
    return int in (get_args(kind) or (kind,))


def combinations(dials: Dials, search: Search) -> list[Settings]:
    """All settings of a space without ranges that fit together, in the order in which they were written."""
    names = list(search.space)
    every = itertools.product(*(search.space[name] for name in names))  # type: ignore[arg-type]
    return [settings for values in every if fits(dials, settings := dict(zip(names, values, strict=True)))]


def size(search: Search) -> float:
    """How many settings a space holds; infinite where it has a range."""
    return math.prod(math.inf if isinstance(dimension, Range) else len(dimension) for dimension in search.space.values())


def fits(dials: Dials, settings: Mapping[str, JsonValue]) -> bool:
    """Whether the dials can be turned so, all at once."""
    try:
        turn(dials, settings)
    except SheetformerError:
        return False
    return True


def drawn(dials: Dials, search: Search, seed: int) -> Iterator[Settings]:
    """Settings by chance, none twice, for as long as new ones are found. The same seed draws the same."""
    generator, seen = np.random.default_rng(seed), set()
    while True:
        for _ in range(REDRAWS):
            settings = {dial: draw(generator, dial, dimension) for dial, dimension in search.space.items()}
            key = json.dumps(settings)
            if key not in seen and fits(dials, settings):
                break
        else:
            return
        seen.add(key)
        yield settings


def draw(generator: np.random.Generator, dial: str, dimension: Range | tuple[JsonValue, ...]) -> JsonValue:
    """One value of a dial by chance."""
    if not isinstance(dimension, Range):
        return dimension[int(generator.integers(len(dimension)))]
    if dimension.log:
        found = math.exp(generator.uniform(math.log(dimension.low), math.log(dimension.high)))
    else:
        found = float(generator.uniform(dimension.low, dimension.high))
    return rounded(dial, min(max(found, dimension.low), dimension.high))


def rounded(dial: str, number: float) -> int | float:
    """A number as the dial takes it: whole, or with four digits, which nobody can tell from more."""
    return round(number) if is_whole(dial) else float(f"{number:.4g}")


def _range(dials: Dials, dial: str, low: float, high: float, how: str | None) -> Range:
    by_factors = how == "log" or (how is None and low > 0 and high / low >= BY_FACTORS)
    try:
        found = Range(low=low, high=high, log=by_factors)
    except ValidationError as error:
        raise BadInput(f"a range of {dial}: {first_refusal(error).why}", f"{low:g}..{high:g}", EXAMPLE) from None
    for end in (low, high):
        checked_values(dials, dial, [end])
    return found


def _value(dial: str, piece: str) -> JsonValue:
    """JSON where it can be; ``none`` where a dial need not be set; else text."""
    if piece.casefold() == "none" and type(None) in get_args(Dials.model_fields[dial].annotation):
        return None
    try:
        return json.loads(piece)
    except ValueError:
        return piece


def _written(value: JsonValue) -> str:
    return "none" if value is None else json.dumps(value)

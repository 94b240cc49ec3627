"""Figures of the rows that have one value of a column in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from core.evaluation.columns import Coded, Sheet, code
from core.evaluation.kinds.judged import Judged, interval_of
from core.evaluation.results import RowsBehind, Slice
from core.metrics.label_cells import number_in
from core.settings import Settings

TOO_FEW = "too few rows to tell"
RANGES = 4


@dataclass(frozen=True)
class Group:
    """Rows with one value, or with numbers between two bounds, the upper one included."""

    value: str
    rows: np.ndarray
    behind: RowsBehind


def slices_of(settings: Settings, path: Path, judged: Judged) -> tuple[Slice, ...]:
    """The slices of every column that the spec names, in its order.

    Raises:
        BadInput: no such column.
    """
    sheet = Sheet.open(path)
    return tuple(_slice(settings, judged, column, group) for column in judged.spec.slices for group in groups(settings, sheet, column))


def groups(settings: Settings, sheet: Sheet, name: str) -> Iterator[Group]:
    """The values of a column, most frequent first; of a column with more different numbers than ``slice_values`` a few ranges.

    Raises:
        BadInput: no such column.
    """
    coded = code(sheet.read([name])[name])
    numbers = _numbers(coded) if len(coded.values) > settings.slice_values else None
    yield from _ranges(name, numbers) if numbers is not None else _values(settings, name, coded)


def first_to_tell(settings: Settings, path: Path, names: Sequence[str]) -> str | None:
    """The first of these columns that can tell something: two of its values, or ranges, have enough rows; ``None`` where none has.

    Raises:
        BadInput: no such column.
    """
    sheet = Sheet.open(path)
    for name in names:
        large = (group for group in groups(settings, sheet, name) if len(group.rows) >= settings.slice_rows)
        if len(list(islice(large, 2))) == 2:
            return name
    return None


def _slice(settings: Settings, judged: Judged, column: str, group: Group) -> Slice:
    rows = group.rows[judged.compared[group.rows]]
    shown = {"column": column, "value": group.value, "rows": len(rows), "behind": group.behind}
    if len(rows) < settings.slice_rows:
        return Slice(**shown, note=TOO_FEW)
    figures = judged.figures(rows, True)
    return Slice(**shown, metrics={name: interval_of(figure) for name, figure in figures.metrics.items()})


def _values(settings: Settings, name: str, coded: Coded) -> Iterator[Group]:
    trimmed = [value.strip() for value in coded.values]
    distinct = list(dict.fromkeys([*trimmed, ""]))
    place = {value: number for number, value in enumerate(distinct)}
    numbers = np.append([place[value] for value in trimmed], place[""]).astype(np.int64)[coded.codes]
    counts = np.bincount(numbers, minlength=len(distinct))
    order = np.argsort(-counts, kind="stable")
    for number in order[: settings.slice_values]:
        if counts[number]:
            value = distinct[number]
            yield Group(value, np.flatnonzero(numbers == number), RowsBehind(column=name, value=value))


def _ranges(name: str, numbers: np.ndarray) -> Iterator[Group]:
    known = numbers[np.isfinite(numbers)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, RANGES + 1), method="nearest"))
    for place, (low, high) in enumerate(pairwise(edges)):
        bottom = float(np.nextafter(low, -np.inf)) if place == 0 else float(low)  # the smallest number belongs to the first range
        rows = np.flatnonzero((numbers > bottom) & (numbers <= high))
        yield Group(
            f"{low:g} to {high:g}" if place == 0 else f"above {low:g} to {high:g}",
            rows,
            RowsBehind(column=name, between=(bottom, float(high))),
        )
    if len(known) < len(numbers):
        yield Group("", np.flatnonzero(~np.isfinite(numbers)), RowsBehind(column=name, value=""))


def _numbers(coded: Coded) -> np.ndarray | None:
    """The column as numbers, NaN for blank cells; ``None`` where a filled cell is no number: a million texts are not read for that."""
    values = []
    for value in coded.values:
        number = number_in(value.strip()) if value.strip() else np.nan
        if number is None:
            return None
        values.append(number)
    return np.append(np.array(values, np.float64), np.nan)[coded.codes]

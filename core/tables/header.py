"""Which row of a grid holds the names, and whether a second one follows it. Every guess is reported."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from core.tables.kinds import NUMBER, TIME

Cells = list[str | None]
Row = tuple[int, Cells]

MATCHING_COLUMNS = 0.5
PREAMBLE_LINES = 50
LOOKED_AT = 1_000  # characters of a cell
KNOWN_NAMES = (
    "id text label date time name title comment review message sentiment category class rating score created_at year url link user "
    "author question answer context country region group product email description value tweet body content target"
)
KNOWN = frozenset(KNOWN_NAMES.split())


@dataclass(frozen=True)
class Header:
    """The guess.

    Attributes:
        row: row of the file that holds the names; 0 for none.
        sure: whether the rows below leave no doubt.
    """

    row: int
    sure: bool


def guess_header(sample: list[Row]) -> Header:
    """Finds the header among the first rows of a file.

    Args:
        sample: (row of the file, cells); rows without cells are blank.
    """
    sample = [(number, _beginnings(cells)) for number, cells in sample]
    rows = [(number, cells) for number, cells in sample if any(filled(cell) for cell in cells)]
    start = _preamble(sample, rows)
    first, below = rows[start], rows[start + 1 :]
    if not below:
        return Header(0 if _is_one_value(first[1]) else first[0], sure=True)
    votes = [_vote(cell, column) for cell, column in zip(first[1], _columns([cells for _, cells in below], len(first[1])), strict=True)]
    total = sum(votes)
    if total < 0 and min(votes) <= -1:
        return Header(0, sure=False)
    return Header(first[0], sure=total > 0)


def _is_one_value(cells: Cells) -> bool:
    """Whether the only row of a file is data: a number among its cells, or one long text."""
    values = [cell for cell in cells if filled(cell)]
    return any(_is(value, NUMBER) for value in values) or (len(values) == 1 and (len(values[0].split()) > 6 or len(values[0]) >= LOOKED_AT))


def _preamble(sample: list[Row], rows: list[Row]) -> int:
    """How many rows stand above the header: they have fewer cells than the rest, or one filled cell and a blank row after them."""
    widths = [_width(cells) for _, cells in rows]
    usual = Counter(widths[-min(len(widths), 200) :]).most_common(1)[0][0]
    if usual < 2 or len(rows) < 3:
        return 0
    wide = next((place for place, (_, cells) in enumerate(rows) if len(cells) >= usual), 0)
    if 0 < wide <= PREAMBLE_LINES and _stands_apart(sample, rows, wide):
        return wide
    return _padded_preamble(sample, rows, usual)


def _stands_apart(sample: list[Row], rows: list[Row], wide: int) -> bool:
    """Whether the rows above are a preamble, not a header that is too short: single cells, or set off by a blank row, above names."""
    above = rows[:wide]
    number, cells = rows[wide]
    apart = any(not any(map(filled, between)) for row, between in sample if above[-1][0] < row < number)
    named = all(
        _vote(cell, column) >= 0 for cell, column in zip(cells, _columns([c for _, c in rows[wide + 1 :]], len(cells)), strict=True)
    )
    return named and (apart or all(sum(map(filled, row)) <= 1 for _, row in above))


def _padded_preamble(sample: list[Row], rows: list[Row], usual: int) -> int:
    """A title padded with delimiters, or a title row of a sheet: one filled cell, then a blank row or a full one."""
    narrow = 0
    while narrow < min(len(rows) - 1, PREAMBLE_LINES) and sum(map(filled, rows[narrow][1])) == 1:
        narrow += 1
    if not narrow or usual < 2 or sum(map(filled, rows[narrow][1])) < usual:
        return 0
    blank_between = any(not any(map(filled, cells)) for number, cells in sample if rows[0][0] < number < rows[narrow][0])
    below = [cells for _, cells in rows[narrow + 1 :]]
    named = all(_vote(cell, column) >= 0 for cell, column in zip(rows[narrow][1], _columns(below, len(rows[narrow][1])), strict=True))
    return narrow if (blank_between or narrow > 1 or usual > 2) and named else 0


def looks_like_second_header(names: Cells, first: Cells, below: list[Cells]) -> bool:
    """Whether the first data row carries on the names, as survey exports do.

    Args:
        names: the header.
        first: the row below it.
        below: some rows after that.
    """
    if len(below) < 2:
        return False
    first, below = _beginnings(first), [_beginnings(cells) for cells in below]
    columns = _columns(below, len(first))
    filled_cells = alien = helps = 0
    for position, (cell, column) in enumerate(zip(first, columns, strict=True)):
        if not filled(cell):
            continue
        filled_cells += 1
        values = [value for value in column if filled(value)]
        unnamed = position >= len(names) or not filled(names[position])
        strange = _vote(cell, column) >= 1 or (len(values) >= 4 and cell not in values and len(set(values)) <= len(values) / 2)
        alien += strange
        helps += unnamed or (strange and _share(values, NUMBER) > 0.9)
    return filled_cells >= 2 and alien >= MATCHING_COLUMNS * filled_cells and helps >= 2


def merge_headers(names: Cells, second: Cells) -> list[str]:
    """Joins two header rows: ``Question - Answer``; a blank cell of the first carries on the name to its left.

    Args:
        names: the upper row.
        second: the lower row.
    """
    width = max(len(names), len(second))
    merged, above = [], ""
    for position in range(width):
        upper = names[position] if position < len(names) else None
        lower = second[position] if position < len(second) else None
        above = upper if filled(upper) else above
        lower_part = lower if filled(lower) else ""
        own = upper if filled(upper) else (above if lower_part else "")
        merged.append(f"{own} - {lower_part}" if own and lower_part else own or lower_part)
    return merged


def filled(cell: str | None) -> bool:
    """Whether a cell holds more than white space."""
    return cell is not None and bool(cell.strip())


def _beginnings(cells: Cells) -> Cells:
    """The cells cut to what tells names from values, so that giant ones cost nothing."""
    return [cell if cell is None or len(cell) <= LOOKED_AT else cell[:LOOKED_AT] for cell in cells]


def _width(cells: Cells) -> int:
    """Cells up to the last filled one."""
    return max((place for place, cell in enumerate(cells, start=1) if filled(cell)), default=0)


def _columns(rows: list[Cells], width: int) -> list[Cells]:
    return [[row[position] if position < len(row) else None for row in rows] for position in range(width)]


def _vote(cell: str | None, column: Cells) -> float:
    """Above 0 where a cell looks like the name of the column below it, below 0 where it looks like one of its values."""
    if not filled(cell):
        return 0.0
    values = [value for value in column if filled(value)]
    if cell.strip().casefold() in KNOWN and cell not in values:
        return 2.0
    if not values:
        return -1.0 if _is(cell, NUMBER) else 0.25
    for pattern in (NUMBER, TIME):
        if _share(values, pattern) >= 0.9:
            return -2.0 if _is(cell, pattern) else 2.0
    if _is(cell, TIME) or re.fullmatch(r"https?://\S+", cell.strip()):
        return -1.0
    if cell in values:
        return -1.0
    if len(values) >= 6 and len(set(values)) <= len(values) / 2:
        return 1.0
    words, usual = len(cell.split()), sorted(len(value.split()) for value in values)[len(values) // 2]
    if words <= 3 and usual > 2 * words:
        return 0.5
    sentence = words >= 3 and re.search(r"[.!?…]\W{0,5}$", cell[-10:]) is not None
    return -0.5 if sentence and words <= 3 * usual else 0.0


def _is(cell: str, pattern: str) -> bool:
    return _share([cell], pattern) == 1


def _share(values: Cells, pattern: str) -> float:
    """Part of the filled cells that match."""
    return sum(re.match(pattern, value) is not None for value in values) / len(values) if values else 0.0

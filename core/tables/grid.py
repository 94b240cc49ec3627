"""Turns rows of text cells, from a text file or a sheet, into a table: names, widths, blank rows. Row numbers are those of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import pyarrow as pa

from core.errors import BadInput, LimitReached
from core.schema import ColumnInfo
from core.tables.header import Cells, Header, Row, filled, guess_header, looks_like_second_header, merge_headers
from core.tables.names import unique_names
from core.tables.problems import number_of, some
from core.tables.reading import Reading
from core.tables.writer import BATCH_BYTES, BATCH_ROWS, TableWriter

SAMPLE_ROWS = 300
CHECK_EVERY = 16


@dataclass(frozen=True)
class Grid:
    """A file as rows of cells that can be read again from the start.

    Attributes:
        rows: starts reading; yields (row of the file, cells), with no cells for a blank row.
        position: how much of the file has been read, in ``total``'s units.
        total: size of the file, in bytes or cells.
        ragged: whether rows can be longer than the header (text files), or all have one width (sheets).
        row_word: what a row is called in messages: ``line`` or ``row``.
    """

    rows: Callable[[], Iterator[Row]]
    position: Callable[[], int]
    total: int
    ragged: bool
    row_word: str = "line"


@dataclass(frozen=True)
class Plan:
    """Where the names are and what they are.

    Attributes:
        header: row of the file with the names; 0 for none.
        last: last row of the file that belongs to the header.
        originals: what the file calls each column.
    """

    header: int
    last: int
    originals: list[str]

    @property
    def width(self) -> int:
        return len(self.originals)

    def wider(self, width: int) -> Plan:
        """The same with unnamed columns added up to ``width``."""
        return Plan(self.header, self.last, self.originals + [""] * (width - self.width))


@dataclass
class _Widths:
    """What one pass over the rows found."""

    longest: int = 0
    long_rows: list[int] = field(default_factory=list)
    long_count: int = 0
    blank_rows: list[int] = field(default_factory=list)
    blank_count: int = 0


def read_grid(grid: Grid, reading: Reading) -> list[ColumnInfo]:
    """Writes the table and notes what was found.

    Returns:
        The columns for the report.

    Raises:
        BadInput: no rows at all, no such header row, or rows longer than the header where nobody chose to keep them.
    """
    sample = list(islice(grid.rows(), SAMPLE_ROWS))
    if not any(filled(cell) for _, cells in sample for cell in cells) and len(sample) < SAMPLE_ROWS:
        raise BadInput("a file with at least one filled cell", "that it is empty", "Choose another file or another sheet.")
    plan = _plan(grid, reading, sample)
    _check_columns(plan.width, reading)
    writer, widths = _write(grid, reading, plan)
    if widths.long_count and reading.choices.extra_cells == "keep":
        _check_columns(widths.longest, reading)
        named = plan.width
        plan = plan.wider(widths.longest)
        longer = number_of(widths.long_count, f"{grid.row_word} is", f"{grid.row_word}s are")
        new = number_of(plan.width - named, "column of its own", "columns of their own")
        reading.problems.add(f"{longer} longer than the header; the extra cells are kept in {new}.", row=widths.long_rows[0])
        writer, widths = _write(grid, reading, plan, named)
    elif widths.long_count:
        raise _too_long(plan, widths)
    columns = writer.describe(plan.originals, reading.problems)
    _note_names(plan, columns, reading)
    _note_blank_rows(widths, reading, grid.row_word)
    return columns


def _plan(grid: Grid, reading: Reading, sample: list[Row]) -> Plan:
    wanted = reading.choices.header
    if wanted is None:
        reading.guess("header")
        header = guess_header(sample)
    else:
        header = Header(wanted, sure=True)
    reading.facts["header"] = header.row
    if header.row == 0:
        if wanted is None:
            reading.problems.add(
                f"No {grid.row_word} looks like column names, so the columns are called column_1, column_2, … (guessed). "
                "Choose the header if one of them holds the names."
            )
        return Plan(0, 0, [""] * max(len(cells) for _, cells in sample))
    names, rest = _find_header(grid, header.row)
    if wanted is None:
        _note_header(grid, reading, header, sample)
    return _second_header(grid, reading, header.row, names, rest)


def _find_header(grid: Grid, row: int) -> tuple[Cells, list[Row]]:
    """The cells of the header row, and some rows after it."""
    rows = grid.rows()
    last = 0
    for number, cells in rows:
        last = number
        if number == row and cells:
            return cells, [found for found in islice(rows, SAMPLE_ROWS) if found[1]]
        if number > row:
            break
    raise BadInput(
        f"a {grid.row_word} of the file with names as the header",
        f"none at {row} (read up to {last})",
        "Choose another header row, or 0 for none.",
    )


def _note_header(grid: Grid, reading: Reading, header: Header, sample: list[Row]) -> None:
    above = [number for number, cells in sample if number < header.row and any(map(filled, cells))]
    if above:
        reading.problems.add(
            f"The column names are on {grid.row_word} {header.row} (guessed); {len(above)} above it were left out: {some(above)}.",
            row=header.row,
        )
    elif not header.sure:
        reading.problems.add(
            f"{grid.row_word.capitalize()} {header.row} was taken as the column names (guessed), but looks much like the rows below it. "
            "Choose header 0 if it is data.",
            row=header.row,
        )
    elif header.row > 1:
        reading.problems.add(f"The column names are on {grid.row_word} {header.row} (guessed).", row=header.row)


def _second_header(grid: Grid, reading: Reading, row: int, names: Cells, rest: list[Row]) -> Plan:
    originals = [name or "" for name in names]
    if rest and reading.choices.merge_second_header:
        number, second = rest[0]
        reading.problems.add(f"{grid.row_word.capitalize()} {number} was joined to the column names, as chosen.", row=number)
        return Plan(row, number, merge_headers(names, second))
    if rest and looks_like_second_header(names, rest[0][1], [cells for _, cells in rest[1:]]):
        number = rest[0][0]
        reading.problems.add(
            f"{grid.row_word.capitalize()} {number} looks like a second header row; it stays as the first data row. "
            "Choose to merge it into the column names if it is one.",
            row=number,
        )
    return Plan(row, row, originals)


def _write(grid: Grid, reading: Reading, plan: Plan, named: int | None = None) -> tuple[TableWriter, _Widths]:
    """One pass: writes rows until one is too long, then only counts.

    ``named`` is the width of the header, where the plan is wider for extra cells: a row that ends there is not short.
    """
    named = plan.width if named is None else named
    names = unique_names(plan.originals)
    widths = _Widths()
    problems = reading.problems
    problems.begin_pass()
    with TableWriter(reading.out, pa.schema([(name, pa.string()) for name in names]), max_rows=reading.settings.max_rows) as writer:
        batch: list[list[str | None]] = []
        written = 0
        for number, cells in _data_rows(grid, plan, widths):
            width = len(cells)
            if width != plan.width:
                if width > plan.width:
                    _note_long(widths, number, width)
                    continue
                if width < named:
                    what = f"The {grid.row_word} has {width} of {number_of(named, 'cell')}; missing: {some(names[width:named], 3)}."
                    problems.add_row("short row", what, number)
                cells = cells + [None] * (plan.width - width)
            batch.append(cells)
            if len(batch) % CHECK_EVERY == 0:
                read = grid.position()
                if len(batch) >= BATCH_ROWS or read - written > BATCH_BYTES:
                    written = read
                    if not widths.long_count:
                        writer.write_text(batch)
                    batch = []
                reading.progress("reading", writer.rows + len(batch), read, grid.total)
        if batch and not widths.long_count:
            writer.write_text(batch)
    return writer, widths


def _data_rows(grid: Grid, plan: Plan, widths: _Widths) -> Iterator[Row]:
    """Rows below the header. Blank rows are counted and left out; in a single column they are rows with an empty cell."""
    waiting: list[int] = []
    for number, cells in grid.rows():
        if number <= plan.last:
            continue
        if not cells:
            if plan.width == 1 and grid.ragged:
                waiting.append(number)
            else:
                _note_blank(widths, number)
            continue
        if waiting:
            yield from ((blank, [""]) for blank in waiting)
            waiting = []
        yield number, cells
    for number in waiting:
        _note_blank(widths, number)


def _note_blank(widths: _Widths, number: int) -> None:
    widths.blank_count += 1
    if len(widths.blank_rows) < 1000:
        widths.blank_rows.append(number)


def _note_long(widths: _Widths, number: int, width: int) -> None:
    widths.long_count += 1
    widths.longest = max(widths.longest, width)
    if len(widths.long_rows) < 20:
        widths.long_rows.append(number)


def _too_long(plan: Plan, widths: _Widths) -> BadInput:
    more = widths.long_count - len(widths.long_rows)
    several = f": rows {', '.join(map(str, widths.long_rows))}{f' and {more:,} more' if more else ''}" if widths.long_count > 1 else ""
    like = f"like the header in row {plan.header}" if plan.header else "like the first rows"
    return BadInput(
        f"at most {number_of(plan.width, 'cell')} in a row, {like}",
        f"{number_of(widths.long_count, 'longer row')}, up to {widths.longest} cells{several}",
        "Keep the extra cells as a column of their own (on the command line --extra-cells keep), choose another delimiter or header row, "
        "or correct these rows.",
        row=widths.long_rows[0],
    )


def _check_columns(width: int, reading: Reading) -> None:
    limit = reading.settings.max_columns
    if width > limit:
        raise LimitReached(
            f"at most {limit:,} columns (setting max_columns)", f"{width:,}", "Choose another delimiter, or leave out columns."
        )


def _note_names(plan: Plan, columns: list[ColumnInfo], reading: Reading) -> None:
    row = plan.header or None
    for original, column in zip(plan.originals, columns, strict=True):
        if plan.header and not original.strip():
            reading.problems.add_row("blank name", f"The column has no name; it is called {column.name!r}.", plan.header, column.name)
        elif original.strip() and original != column.name:
            reading.problems.add_row(
                "repeated name", f"The name {original!r} is there twice; this one is called {column.name!r}.", row or 1, column.name
            )


def _note_blank_rows(widths: _Widths, reading: Reading, word: str) -> None:
    for number in widths.blank_rows:
        reading.problems.add_row("blank row", f"The {word} is blank and was left out; row numbers stay those of the file.", number)
    rest = widths.blank_count - len(widths.blank_rows)
    if rest > 0:
        reading.problems.add(f"{number_of(rest, f'more blank {word} was', f'more blank {word}s were')} left out.")

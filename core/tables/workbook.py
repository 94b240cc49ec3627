"""Reads XLSX, XLS, XLSB and ODS. Cells become the text that the workbook stands for; dates become ISO text."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

import python_calamine as calamine

from core.archives import ZIP_DAMAGE, incomplete
from core.errors import BadInput, LimitReached
from core.schema import ColumnInfo
from core.tables.grid import Grid, read_grid
from core.tables.header import Cells, Row
from core.tables.ods_xml import OdsMeasure
from core.tables.problems import number_of, some
from core.tables.reading import Reading
from core.tables.sheet_xml import SheetFacts, look_through, sheet_paths

EXACT_INTEGERS = 2**53
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def read_workbook(reading: Reading, found: str) -> list[ColumnInfo]:
    """Imports one sheet.

    Args:
        reading: the import.
        found: ``xlsx``, ``xls``, ``xlsb`` or ``ods``.

    Raises:
        BadInput: encrypted, damaged, no such sheet, or nothing in it.
        LimitReached: a sheet whose used area is larger than ``max_cells``.
    """
    reading.facts["format"] = found
    facts = _look_through_all(reading) if found == "xlsx" else {}
    if found == "ods":
        _check_ods(reading)
    try:
        with reading.path.open("rb") as file, calamine.CalamineWorkbook.from_filelike(file) as workbook:
            sheet = _choose_sheet(reading, workbook, facts)
            sheet_facts = facts.get(sheet.name, SheetFacts())
            _note_facts(reading, workbook, sheet, sheet_facts)
            return read_grid(_Sheet(reading, sheet, sheet_facts).grid(), reading)
    except calamine.PasswordError as error:
        raise BadInput("a workbook without a password", "that the file is encrypted", "Remove the password and save it again.") from error
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError) as error:
        if "assword" in str(error):
            raise BadInput(
                "a workbook without a password", "that the file is encrypted", "Remove the password and save it again."
            ) from error
        raise incomplete(found.upper()) from error
    except OSError as error:
        if error.errno is not None:  # the system's, such as a full disk; those of the parser have no number
            raise
        raise incomplete(found.upper()) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what calamine raises where it trips over a broken file; no module names it
            raise
        raise incomplete(found.upper()) from error


def _look_through_all(reading: Reading) -> dict[str, SheetFacts]:
    """Facts of every sheet of an XLSX. The size is checked before anything is parsed."""
    facts = {}
    try:
        with zipfile.ZipFile(reading.path) as archive:
            for name, path in sheet_paths(archive).items():
                with archive.open(path) as file:
                    facts[name] = look_through(file)
    except (*ZIP_DAMAGE, ParseError, KeyError, OSError, NotImplementedError) as error:
        raise incomplete("XLSX") from error
    return facts


def _check_ods(reading: Reading) -> None:
    try:
        with zipfile.ZipFile(reading.path) as archive, archive.open("content.xml") as file:
            for name, cells in OdsMeasure().measure(file):
                _check_cells(name, cells, reading)
    except (*ZIP_DAMAGE, ExpatError, KeyError, OSError, NotImplementedError) as error:
        raise incomplete("ODS") from error


def _check_cells(name: str, cells: int, reading: Reading) -> None:
    limit = reading.settings.max_cells
    if cells > limit:
        raise LimitReached(
            f"a sheet of at most {limit:,} cells (setting max_cells)",
            f"{cells:,} in sheet {name!r}: perhaps one cell far from the others",
            "Delete what is far below or right of the table, or save the sheet as CSV.",
        )


def _choose_sheet(reading: Reading, workbook: calamine.CalamineWorkbook, facts: dict[str, SheetFacts]) -> calamine.CalamineSheet:
    names = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet] or list(
        workbook.sheet_names
    )
    reading.facts["sheets"] = names
    wanted = reading.choices.sheet
    if wanted is not None and wanted not in names:
        raise BadInput("a sheet of the workbook", repr(wanted), f"Choose one of these: {some(names)}.")
    sheet = _first_filled(reading, workbook, names, facts) if wanted is None else _open(reading, workbook, wanted, facts)
    reading.facts["sheet"] = sheet.name
    return sheet


def _open(reading: Reading, workbook: calamine.CalamineWorkbook, name: str, facts: dict[str, SheetFacts]) -> calamine.CalamineSheet:
    if name in facts:
        _check_cells(name, facts[name].cells, reading)
    sheet = workbook.get_sheet_by_name(name)
    if sheet.start is None:
        return sheet
    (top, left), (bottom, right) = sheet.start, sheet.end
    _check_cells(name, (bottom - top + 1) * (right - left + 1), reading)
    return sheet


def _first_filled(
    reading: Reading, workbook: calamine.CalamineWorkbook, names: list[str], facts: dict[str, SheetFacts]
) -> calamine.CalamineSheet:
    """The first visible sheet with something in it, else the first hidden one."""
    hidden = {sheet.name for sheet in workbook.sheets_metadata if sheet.visible != calamine.SheetVisibleEnum.Visible}
    for name in sorted(names, key=lambda name: name in hidden):
        sheet = _open(reading, workbook, name, facts)
        if sheet.start is not None:
            if len(names) > 1:
                reading.guess("sheet")
                reading.problems.add(f"The workbook has {len(names)} sheets ({some(names)}); {name!r} was read (guessed).")
            return sheet
    raise BadInput("a workbook with at least one filled cell", "only empty sheets", "Choose another file.")


def _note_facts(reading: Reading, workbook: calamine.CalamineWorkbook, sheet: calamine.CalamineSheet, facts: SheetFacts) -> None:
    problems = reading.problems
    hidden = [entry.name for entry in workbook.sheets_metadata if entry.visible != calamine.SheetVisibleEnum.Visible]
    if hidden:
        problems.add(f"The workbook has hidden sheets: {some(hidden)}.")
    if facts.hidden_rows or facts.hidden_columns:
        hidden_cells = f"{number_of(facts.hidden_rows, 'hidden row')} and {number_of(facts.hidden_columns, 'hidden column')}"
        problems.add(f"{hidden_cells} were read like the others.")
    if facts.filtered:
        problems.add("The sheet has a filter; the rows it hides were read like the others.")
    if facts.bare_formulas:
        row, column = facts.bare_formulas[0]
        problems.add(
            f"{len(facts.bare_formulas):,} formula cells have no stored value, the first at {_letters(column)}{row}: "
            "open and save the workbook in Excel.",
            row=row,
        )
    for (row, column), text in facts.errors.items():
        problems.add_row("error value", f"Cell {_letters(column)}{row} holds the error {text}; it is kept as text.", row)


def _letters(column: int) -> str:
    text = ""
    while column:
        column, digit = divmod(column - 1, 26)
        text = LETTERS[digit] + text
    return text


class _Sheet:
    """A sheet as a grid."""

    def __init__(self, reading: Reading, sheet: calamine.CalamineSheet, facts: SheetFacts) -> None:
        self.reading, self.sheet, self.facts = reading, sheet, facts
        (self.top, self.left), (self.bottom, self.right) = sheet.start or (0, 0), sheet.end or (0, 0)
        self.left = min([self.left, *(column - 1 for _, column in facts.errors)])
        self.right = max([self.right, *(column - 1 for _, column in facts.errors)])
        self.width = self.right - self.left + 1
        self.row = 0
        self.merged = self._merged()

    def grid(self) -> Grid:
        return Grid(rows=self.rows, position=lambda: self.row, total=self.bottom + 1, ragged=False, row_word="row")

    def _merged(self) -> dict[tuple[int, int], tuple[int, int]]:
        """First cell by covered cell, both from 0, where the user wants merged cells filled."""
        ranges = self.sheet.merged_cell_ranges or []
        if ranges and not self.reading.choices.fill_merged:
            rows = sorted({top + 1 for (top, _), _ in ranges})
            self.reading.problems.add(
                f"{len(ranges):,} areas of merged cells have their value in the first cell only, at rows {some(rows)}. "
                "Choose to fill merged cells to repeat it.",
                row=rows[0],
            )
        if not self.reading.choices.fill_merged:
            return {}
        covered = {}
        for (top, left), (bottom, right) in ranges:
            for row in range(top, min(bottom, self.bottom + 1000) + 1):
                for column in range(left, min(right, self.right) + 1):
                    covered[row, column] = (top, left)
        return covered

    def rows(self) -> Iterator[Row]:
        """Yields (row of the sheet, cells as text), with no cells for a blank row."""
        firsts: dict[tuple[int, int], str | None] = {}
        wanted = set(self.merged.values())
        start = self.sheet.start or (0, 0)
        error_rows = {row for row, _ in self.facts.errors}
        for row, values in enumerate(self.sheet.iter_rows()):
            self.row = row
            # Some formats give the empty columns on the left, some do not.
            first = start[1] if len(values) == (self.sheet.end or (0, 0))[1] - start[1] + 1 else 0
            cells: Cells = [None] * self.width
            for column, value in enumerate(values, start=first):
                if value != "" and column >= self.left:
                    cells[column - self.left] = cell_text(value)
            if row + 1 in error_rows:
                self._put_errors(row, cells)
            if wanted:
                self._fill(row, cells, firsts, wanted)
            yield row + 1, (cells if any(cell is not None for cell in cells) else [])

    def _put_errors(self, row: int, cells: Cells) -> None:
        for column in range(self.width):
            text = self.facts.errors.get((row + 1, column + self.left + 1))
            if text is not None:
                cells[column] = text

    def _fill(self, row: int, cells: Cells, firsts: dict, wanted: set) -> None:
        for position in range(self.width):
            place = (row, position + self.left)
            if place in wanted:
                firsts[place] = cells[position]
            elif place in self.merged:
                cells[position] = firsts.get(self.merged[place])


def cell_text(value: object) -> str:
    """A cell as the workbook shows it: whole numbers without a point, dates as ISO text, ``TRUE`` and ``FALSE``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT_INTEGERS else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.timedelta):
        seconds = value.total_seconds()
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        whole = int(seconds)
        fraction = f"{seconds - whole:.6f}".rstrip("0")[1:].rstrip(".")
        return f"{sign}{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}{fraction}"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)

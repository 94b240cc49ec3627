"""Reads text files with a delimiter. Text stays text, and every record knows the line of the file on which it starts."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from core.errors import BadInput
from core.schema import ColumnInfo
from core.tables.dialect import guess_delimiter
from core.tables.encoding import choose_encoding, count_lines, open_text
from core.tables.grid import Grid, read_grid
from core.tables.header import Row
from core.tables.reading import Reading

NAMED = {"\t": "tab", " ": "space", "\x1f": "unit separator", "\x01": "\\x01"}


def read_delimited(reading: Reading, encoding: str | None = None) -> list[ColumnInfo]:
    """Imports CSV, TSV or any other text with a delimiter.

    Raises:
        BadInput: a quote that is never closed, rows longer than the header, or nothing in the file.
    """
    reading.facts["format"] = "csv"
    encoding = encoding or choose_encoding(reading)
    delimiter = _choose_delimiter(reading, encoding)
    return read_grid(_Delimited(reading, encoding, delimiter).grid(), reading)


def _choose_delimiter(reading: Reading, encoding: str) -> str:
    chosen = reading.choices.delimiter
    if chosen is not None:
        if chosen in '"\r\n':
            raise BadInput("a character between cells", repr(chosen), "Choose a comma, a semicolon, a tab or another character.")
        reading.facts["delimiter"] = chosen
        return chosen
    reading.guess("delimiter")
    delimiter = guess_delimiter(reading.path, encoding)
    reading.facts["delimiter"] = delimiter
    if delimiter is None:
        reading.problems.add(
            "No delimiter was found, so the file is read as a single column (guessed). Choose a delimiter if there are more."
        )
        return "," if not _has(reading, encoding, ",") else _unused(reading, encoding)
    if delimiter != ",":
        reading.problems.add(f"Cells are separated by {NAMED.get(delimiter, repr(delimiter))} (guessed).")
    return delimiter


def _has(reading: Reading, encoding: str, character: str) -> bool:
    with open_text(reading.path, encoding) as text:
        return any(character in block for block in iter(lambda: text.read(1_000_000), ""))


def _unused(reading: Reading, encoding: str) -> str:
    """A control character that is not in the file: it keeps a single column whole."""
    with open_text(reading.path, encoding) as text:
        used = set().union(*(set(block) for block in iter(lambda: text.read(1_000_000), "")))
    candidates = [chr(code) for code in (*range(0x1C, 0x20), *range(0x01, 0x09), *range(0xE000, 0xE100))]
    return next(character for character in candidates if character not in used)


class _Delimited:
    """A text file as a grid."""

    def __init__(self, reading: Reading, encoding: str, delimiter: str) -> None:
        self.reading, self.encoding, self.delimiter = reading, encoding, delimiter
        self.single = reading.facts["delimiter"] is None
        self.total = reading.path.stat().st_size
        self.read = 0

    def grid(self) -> Grid:
        return Grid(rows=self.rows, position=lambda: self.read, total=self.total, ragged=True)

    def rows(self) -> Iterator[Row]:
        r"""Yields (line on which the record starts, cells); lines end in ``\n``, ``\r\n`` or ``\r``."""
        held: list[str] = []
        with open_text(self.reading.path, self.encoding) as text:
            reader = csv.reader(self._lines(text, held), delimiter=self.delimiter, strict=True)
            start = 1
            while True:
                try:
                    for cells in reader:
                        yield start, cells
                        start = reader.line_num + 1
                        held.clear()
                    return
                except csv.Error as error:
                    yield start, self._recover(held, start, error)
                    start = reader.line_num + 1
                    held.clear()
                except MemoryError as error:
                    if count_lines("".join(held[:1000])) < 2:
                        raise
                    raise self._unclosed(held[:1000], start) from error

    def _lines(self, text: Iterator[str], held: list[str]) -> Iterator[str]:
        """Passes lines on and holds those of the record being read, for messages and second looks."""
        hold = held.append
        tell = text.buffer.raw.tell
        for count, line in enumerate(text):
            hold(line)
            if count % 64 == 0:
                self.read = tell()
            yield line

    def _recover(self, held: list[str], start: int, error: csv.Error) -> list[str]:
        """Reads a record with a stray quote as spreadsheet programs do, and says so; an unclosed quote is refused."""
        if "end of data" in str(error) or len(held) != 1:
            raise self._unclosed(held, start) from error
        if self.single:
            return [held[0].rstrip("\r\n")]
        records = list(csv.reader([held[0], "x"], delimiter=self.delimiter))
        if len(records) != 2:
            raise self._unclosed(held, start) from error
        what = "A quote inside a quoted cell is not doubled; it was read as spreadsheet programs do, without its outer quotes."
        self.reading.problems.add_row("stray quote", what, start)
        return records[0]

    def _unclosed(self, held: list[str], start: int) -> BadInput:
        row = start + _opening_line(held, self.delimiter)
        return BadInput(
            "a closing quote for every quoted cell",
            f"a quote that opens on line {row} and is not closed properly",
            "Close or double the quote on that line.",
            row=row,
        )


def _opening_line(held: list[str], delimiter: str) -> int:
    """How many lines below the record's first one the quote opens that is never closed (or closed in mid-text)."""
    record = "".join(held)
    mark = re.escape(delimiter)
    closed = re.compile(rf'(?:"(?:[^"]|"")*+"(?={mark}|[\r\n]|\Z)|(?!")[^{mark}\r\n]*+)(?:{mark}|\Z)')
    place = 0
    while place < len(record) and (cell := closed.match(record, place)) and cell.end() > place:
        place = cell.end()
    return count_lines(record[:place])

"""What the cells of a column look like, for display and for suggesting roles. Data is never changed by it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

DISTINCT_CAP = 10_000
DISTINCT_CELLS = 1_000_000
TIME_SHARE = 0.98

NUMBER = r"^\s*[-+]?(?:(?:0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s*$"
BOOLEAN = r"(?i)^\s*(?:true|false)\s*$"
DECIMAL_COMMA = r"^\s*[-+]?\d+,\d+\s*$"
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
CLOCK = r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?\s*(?:z|utc|gmt|[-+]\d{2}:?\d{2})?)?"
TIME = (
    r"(?i)^\s*(?:"
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"
    rf"|(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    rf"|(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?\d{{1,2}}(?:st|nd|rd|th)?[-\s]+{MONTH},?[-\s]+\d{{2,4}}"
    rf"){CLOCK}\s*$"
)


@dataclass
class ColumnStats:
    """Running counts of one column."""

    cap: int = DISTINCT_CAP
    cells: int = 0
    missing: int = 0
    empty: int = 0
    numbers: int = 0
    booleans: int = 0
    times: int = 0
    decimal_commas: int = 0
    distinct: set | None = field(default_factory=set)

    def add(self, column: pa.ChunkedArray) -> None:
        """Counts one batch."""
        self.cells += len(column)
        self.missing += column.null_count
        if pa.types.is_string(column.type):
            self._add_text(column)
        if self.distinct is not None and not pa.types.is_nested(column.type):
            self._add_distinct(column)

    def _add_text(self, column: pa.ChunkedArray) -> None:
        blank = _count(pc.equal(pc.utf8_trim_whitespace(column), ""))
        self.empty += blank
        filled = len(column) - column.null_count - blank
        if filled == 0:
            return
        # A column that has shown itself to be plain text is not looked at again: this halves the time of wide files.
        seen = self.cells - len(column) - (self.missing - column.null_count) - (self.empty - blank)
        if self.numbers == seen:
            self.numbers += _matches(column, NUMBER)
        if self.booleans == seen:
            self.booleans += _matches(column, BOOLEAN)
        if self.times >= TIME_SHARE * seen:
            self.times += _matches(column, TIME)
        if self.decimal_commas == seen:
            self.decimal_commas += _matches(column, DECIMAL_COMMA)

    def _add_distinct(self, column: pa.ChunkedArray) -> None:
        values = pc.unique(column)
        if len(values) > self.cap + 1:
            self.distinct = None
            return
        self.distinct.update(value for value in values.to_pylist() if value is not None)
        if len(self.distinct) > self.cap:
            self.distinct = None

    @property
    def filled(self) -> int:
        """Cells that hold more than white space."""
        return self.cells - self.missing - self.empty

    def text_kind(self) -> str:
        """``number``, ``boolean`` or ``time`` where all filled cells of a text column look like it, else ``text``."""
        if self.filled == 0:
            return "text"
        if self.numbers == self.filled:
            return "number"
        if self.booleans == self.filled:
            return "boolean"
        return "time" if self.times >= TIME_SHARE * self.filled else "text"


def distinct_cap(columns: int) -> int:
    """Distinct values remembered for each column, so that a table of thousands of columns does not fill the memory."""
    return max(100, min(DISTINCT_CAP, DISTINCT_CELLS // max(columns, 1)))


def type_kind(kind: pa.DataType) -> str:
    """The kind of a column of a typed format; ``text`` has to be looked into (see :class:`ColumnStats`)."""
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return "number"
    if pa.types.is_temporal(kind):
        return "time"
    return "list" if pa.types.is_list(kind) else "text"


def _matches(column: pa.ChunkedArray, pattern: str) -> int:
    return _count(pc.match_substring_regex(column, pattern))


def _count(mask: pa.ChunkedArray) -> int:
    return pc.sum(mask).as_py() or 0

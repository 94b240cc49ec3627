"""Writes the one Parquet file of a table: the same rows always give the same bytes."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import LimitReached
from core.schema import ColumnInfo
from core.tables.kinds import ColumnStats, distinct_cap, type_kind
from core.tables.problems import Problems, some

BATCH_ROWS = 50_000
BATCH_BYTES = 32_000_000
SPELLINGS_CAP = 100


class TableWriter:
    """Writes batches to Parquet and counts what is in each column.

    Args:
        out: file to write; the caller moves it into place.
        schema: names and types of the columns; metadata is dropped, since it would change the content's hash.
        max_rows: most rows that it takes.
    """

    def __init__(self, out: Path, schema: pa.Schema, *, max_rows: int) -> None:
        self.schema = schema.remove_metadata()
        self.rows = 0
        self.max_rows = max_rows
        cap = distinct_cap(len(schema))
        self.stats = [ColumnStats(cap) for _ in schema]
        self._file = pq.ParquetWriter(out, self.schema, compression="zstd", compression_level=1, store_schema=True)

    def write(self, batch: pa.Table) -> None:
        """Writes one row group. Callers choose the rows; equal files have to be cut at equal places.

        Raises:
            LimitReached: the table has more than ``max_rows`` rows.
        """
        if self.rows + len(batch) > self.max_rows:
            raise LimitReached(f"at most {self.max_rows:,} rows (setting max_rows)", "more", "Split the file.")
        for stats, column in zip(self.stats, batch.columns, strict=True):
            stats.add(column)
        self.rows += len(batch)
        self._file.write_table(batch, row_group_size=max(len(batch), 1))

    def write_text(self, rows: list[list[str | None]]) -> None:
        """Writes rows of text cells, all as long as the schema."""
        columns = zip(*rows, strict=True) if rows else ([] for _ in self.schema)
        arrays = [pa.array(cells, pa.string()) for cells in columns]
        self.write(pa.Table.from_arrays(arrays, schema=self.schema))

    def close(self) -> None:
        """Completes the file."""
        self._file.close()

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def describe(self, originals: list[str], problems: Problems, kinds: dict[str, str] | None = None) -> list[ColumnInfo]:
        """The columns of the report; notes what is odd in their cells.

        Args:
            originals: what the file calls each column.
            problems: where to note it.
            kinds: kinds known from the format, by name of the column.
        """
        columns = []
        for field, original, stats in zip(self.schema, originals, self.stats, strict=True):
            kind = (kinds or {}).get(field.name) or type_kind(field.type)
            if kind == "text":
                kind = stats.text_kind()
            _note_decimal_commas(field.name, stats, problems)
            _note_spellings(field.name, stats, problems)
            distinct = None if stats.distinct is None or pa.types.is_nested(field.type) else len(stats.distinct)
            columns.append(
                ColumnInfo(name=field.name, original=original, kind=kind, empty=stats.empty, missing=stats.missing, distinct=distinct)
            )
        return columns


def _note_decimal_commas(name: str, stats: ColumnStats, problems: Problems) -> None:
    if stats.filled and stats.decimal_commas == stats.filled:
        problems.add("The cells look like numbers with decimal commas (1,5); they are kept as text.", column=name)


def _note_spellings(name: str, stats: ColumnStats, problems: Problems) -> None:
    """Notes values of a column of few values that differ only in case or white space; nothing is merged."""
    values = stats.distinct
    if not values or len(values) > SPELLINGS_CAP or stats.filled <= len(values):
        return
    spellings: dict[str, list[str]] = {}
    for value in values:
        if isinstance(value, str) and value.strip():
            spellings.setdefault(" ".join(value.split()).casefold(), []).append(value)
    several = sorted(repr(sorted(found)) for found in spellings.values() if len(found) > 1)
    if several:
        problems.add(f"Values that differ only in case or white space: {some(several, 5)}. They are kept as they are.", column=name)

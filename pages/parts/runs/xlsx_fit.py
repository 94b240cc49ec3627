"""Whether a table fits an XLSX sheet, known before its button is drawn: a download that fails can tell its user next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import streamlit as st

from core.tables.export import BATCH_ROWS, XLSX_CHARACTERS, XLSX_COLUMNS, XLSX_ROWS, text


def obstacle(source: Path) -> str | None:
    """Why the Parquet file ``source`` cannot be an XLSX file, as a sentence; ``None`` where it can.

    Raises:
        OSError, pa.ArrowException: the file cannot be read.
    """
    return _obstacle(str(source), source.stat().st_mtime_ns)


@st.cache_data(show_spinner=False, max_entries=64)
def _obstacle(path: str, changed: int) -> str | None:
    with pq.ParquetFile(path) as file:
        rows, schema = file.metadata.num_rows, file.schema_arrow
        if rows + 1 > XLSX_ROWS:
            return f"The result has {rows:,} rows, and an XLSX sheet holds {XLSX_ROWS - 1:,}. Take CSV or Parquet."
        if len(schema) > XLSX_COLUMNS:
            return f"The result has {len(schema):,} columns, and an XLSX sheet holds {XLSX_COLUMNS:,}. Take CSV or Parquet."
        longest = max((_units(name) for name in schema.names), default=0)
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            for column in batch.columns:
                longest = max(longest, *map(_units, _suspects(column)), 0)
    if longest <= XLSX_CHARACTERS:
        return None
    return f"The result has a cell of {longest:,} characters, and an XLSX cell holds {XLSX_CHARACTERS:,}. Take CSV or Parquet."


def _suspects(column: pa.Array) -> Iterator[str]:
    """The texts that may be too long. No text has more UTF-16 units than UTF-8 bytes, so that most need no second look."""
    if pa.types.is_nested(column.type):
        yield from (text(value) for value in column.to_pylist())
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        yield from column.filter(pc.greater(pc.binary_length(column), XLSX_CHARACTERS)).to_pylist()


def _units(cell: str) -> int:
    """Characters as Excel counts them: UTF-16 units."""
    return len(cell.encode("utf-16-le", "surrogatepass")) // 2

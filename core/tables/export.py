"""Writes a table or a result for other programs: CSV, XLSX, JSON Lines or Parquet. Streaming, exact, and whole or not at all."""

from __future__ import annotations

import csv
import datetime
import decimal
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import BadInput, LimitReached
from core.files import replacing

BATCH_ROWS = 20_000
XLSX_ROWS, XLSX_COLUMNS, XLSX_CHARACTERS = 1_048_576, 16_384, 32_767
EXECUTABLE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width signs are read like the plain ones
# A spreadsheet reads these as numbers, not as formulas. "+1" is left out: it is one by the letter of the rule.
PLAIN_NUMBER = re.compile(r"-(?:\d+(?:[.,]\d+)?|\.\d+)(?:[eE][-+]?\d+)?")
Rows = Iterator[list[object]]


def export(source_parquet: Path, out: Path, *, safe: bool = False, columns: Sequence[str] | None = None) -> None:
    """Writes a Parquet table as another file, which appears whole or not at all.

    Rows and columns keep their order. Parquet and JSON Lines tell missing cells (null) from empty ones (""); CSV and XLSX cannot.
    Lists become JSON, times ISO text.

    Args:
        source_parquet: the table or result.
        out: file to write, ending in .csv, .xlsx, .jsonl or .parquet.
        safe: put ``'`` before texts and column names that a spreadsheet program would execute; in CSV also quote every
            cell, so that a program that splits at semicolons makes no formula of a part of one, and put a byte-order mark
            at the start, by which Excel knows UTF-8. Without effect on Parquet and JSON Lines, which nothing executes.
        columns: which columns, in this order; all if not given.

    Raises:
        BadInput: no such format or column, or a folder that cannot be written to.
        LimitReached: more rows, columns or characters than an XLSX sheet can hold; nothing is cut.
    """
    write = WRITERS.get(out.suffix.lower())
    if write is None:
        raise BadInput("a file name ending in .csv, .xlsx, .jsonl or .parquet", repr(out.name), "Choose one of these formats.")
    try:
        with pq.ParquetFile(source_parquet) as file, replacing(out) as fresh:
            names = file.schema_arrow.names
            chosen = list(range(len(names))) if columns is None else [_position(names, column) for column in columns]
            write(file, fresh, chosen, safe)
    except OSError as error:
        raise BadInput("a folder that can be written to, with room", str(error), "Choose another folder, or free some space.") from error


def check_fits(source_parquet: Path, out: Path, *, rows: int | None = None) -> None:
    """Says what of a table's rows, columns and texts an XLSX sheet cannot hold, before hours are spent on what joins them there.

    Args:
        rows: only so many first rows are written; all if not given.

    Raises:
        LimitReached: as :func:`export`. Other formats hold everything.
    """
    if out.suffix.lower() != ".xlsx":
        return
    with pq.ParquetFile(source_parquet) as file:
        fields = list(file.schema_arrow)
        total = min(file.metadata.num_rows, rows or file.metadata.num_rows)
        _check_sheet(total, len(fields))
        texts = [place for place, field in enumerate(fields) if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
        begin = 0
        for batch in _batches(file, texts) if texts else ():
            for place, column in zip(texts, batch.slice(0, total - begin).columns, strict=True):
                # A text has no more UTF-16 units than bytes: few are looked at.
                long = pc.greater(pc.binary_length(column), XLSX_CHARACTERS).fill_null(False)
                for row in pc.indices_nonzero(long).to_pylist():
                    _fitting(column[row].as_py(), begin + row + 2, fields[place].name)
            begin += len(batch)
            if begin >= total:
                return


def _position(names: list[str], column: str) -> int:
    if column not in names:
        raise BadInput("a column of the table", repr(column), f"Choose from: {', '.join(names[:20])}.")
    return names.index(column)


def _batches(file: pq.ParquetFile, chosen: list[int]) -> Iterator[pa.RecordBatch]:
    for batch in file.iter_batches(batch_size=BATCH_ROWS):
        yield batch.select(chosen)


def _rows(file: pq.ParquetFile, chosen: list[int]) -> Rows:
    for batch in _batches(file, chosen):
        yield from map(list, zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _write_parquet(file: pq.ParquetFile, out: Path, chosen: list[int], safe: bool) -> None:
    schema = pa.schema([file.schema_arrow.field(position) for position in chosen])
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in _batches(file, chosen):
            writer.write_batch(batch.cast(schema))


def _write_csv(file: pq.ParquetFile, out: Path, chosen: list[int], safe: bool) -> None:
    guard = guarded if safe else _same
    names = [file.schema_arrow.names[position] for position in chosen]
    with out.open("w", encoding="utf-8-sig" if safe else "utf-8", newline="") as target:
        # Python quotes cells that hold a character of the line end; with "\r\n" that is every cell with a line break.
        writer = csv.writer(target, lineterminator="\r\n", quoting=csv.QUOTE_ALL if safe else csv.QUOTE_MINIMAL)
        writer.writerow([guard(name) for name in names])
        writer.writerows([guard(value) if isinstance(value, str) else text(value) for value in row] for row in _rows(file, chosen))


def _write_jsonl(file: pq.ParquetFile, out: Path, chosen: list[int], safe: bool) -> None:
    names = [file.schema_arrow.names[position] for position in chosen]
    with out.open("w", encoding="utf-8", newline="\n") as target:
        for row in _rows(file, chosen):
            record = {name: _json_value(value) for name, value in zip(names, row, strict=True)}
            target.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


def _json_value(value: object) -> object:
    """The value as JSON knows it; NaN and infinity, which JSON lacks, become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, list):
        return [_json_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    return text(value)


def _write_xlsx(file: pq.ParquetFile, out: Path, chosen: list[int], safe: bool) -> None:
    import xlsxwriter

    names = [file.schema_arrow.names[position] for position in chosen]
    _check_sheet(file.metadata.num_rows, len(names))
    guard = guarded if safe else _same
    options = {
        "constant_memory": True,
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "tmpdir": str(out.parent),
    }
    workbook = xlsxwriter.Workbook(str(out), options)
    try:
        sheet = workbook.add_worksheet()
        for column, name in enumerate(names):
            sheet.write_string(0, column, _fitting(guard(name), 1, name))
        for number, row in enumerate(_rows(file, chosen), start=1):
            for column, value in enumerate(row):
                _write_cell(sheet, number, column, value, names[column], guard)
    finally:
        workbook.close()


def _write_cell(sheet, row: int, column: int, value: object, name: str, guard: Callable[[str], str]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float) and math.isfinite(value) and abs(value) < 2**53:
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, _fitting(guard(value) if isinstance(value, str) else text(value), row + 1, name))


def _check_sheet(rows: int, columns: int) -> None:
    if rows + 1 > XLSX_ROWS:
        raise LimitReached(f"at most {XLSX_ROWS - 1:,} rows for XLSX", f"{rows:,}", "Choose CSV or Parquet.")
    if columns > XLSX_COLUMNS:
        raise LimitReached(f"at most {XLSX_COLUMNS:,} columns for XLSX", f"{columns:,}", "Choose CSV or Parquet, or fewer columns.")


def _fitting(cell: str, row: int, name: str) -> str:
    # Excel counts UTF-16 units, so that most emoji count twice.
    units = len(cell) if cell.isascii() else len(cell.encode("utf-16-le")) // 2
    if units > XLSX_CHARACTERS:
        raise LimitReached(
            f"at most {XLSX_CHARACTERS:,} characters in a cell of XLSX", f"{units:,} in column {name!r}", "Choose CSV or Parquet.", row=row
        )
    return cell


def guarded(cell: str) -> str:
    """A text that no spreadsheet program executes: ``'`` is put before those that would be a formula. Negative numbers stay."""
    return f"'{cell}" if cell.startswith(EXECUTABLE) and not PLAIN_NUMBER.fullmatch(cell) else cell


def _same(cell: str) -> str:
    return cell


def text(value: object) -> str:
    """A value as CSV shows it: nothing for a missing one, ISO text for times, JSON for lists, hex for bytes."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=text)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return format(value, "f") if isinstance(value, decimal.Decimal) else str(value)


WRITERS = {".csv": _write_csv, ".xlsx": _write_xlsx, ".jsonl": _write_jsonl, ".parquet": _write_parquet}

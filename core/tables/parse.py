"""One import inside its own process: from a file of any format to a Parquet file and a report."""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path

from core.schema import ColumnInfo, ImportChoices, ImportReport, Role
from core.settings import Settings
from core.tables.container import check_size, note_name, unpack
from core.tables.encoding import choose_encoding, open_text
from core.tables.problems import Problems
from core.tables.reading import Reading, ReportProgress
from core.tables.suggest import SAMPLE_ROWS, suggest

SUGGESTED = (Role.TEXT, Role.LABEL, Role.TIME, Role.ID, Role.GROUP)


def parse(
    settings: Settings, source: Path, name: str, choices: ImportChoices, scratch: Path, on_progress: ReportProgress | None = None
) -> tuple[Path, ImportReport]:
    """Parses a file of any format.

    Args:
        settings: the limits.
        source: the file, as it was given.
        name: its name, for messages only.
        choices: what the user decided.
        scratch: an empty folder; the Parquet file is made in it.
        on_progress: called with ``stage``, ``rows``, ``bytes_done`` and ``bytes_total`` a few times a second.

    Returns:
        The Parquet file, and the report.

    Raises:
        SheetformerError: the file cannot be imported; says why and what to do.
    """
    started = time.monotonic()
    # Python's limit of 131,072 characters a cell is meant for untrusted input; here the memory limit of the process does that.
    csv.field_size_limit(sys.maxsize)
    check_size(source, settings.max_upload_mb)
    problems = Problems(settings.max_problems)
    reading = Reading(settings, choices, source, scratch, scratch / "table.parquet", problems, on_progress)
    found = unpack(reading)
    columns = _read(reading, found)
    note_name(reading, reading.facts.get("member") or name, reading.facts["format"])
    return reading.out, finished(reading, columns, started)


def finished(reading: Reading, columns: list[ColumnInfo], started: float) -> ImportReport:
    """The report of a table that is written.

    Args:
        started: of ``time.monotonic()``.
    """
    rows, columns = _with_roles(reading.out, columns)
    if not rows:
        reading.problems.add("The table has no rows.")
    facts = {key: value for key, value in reading.facts.items() if key in ImportReport.model_fields}
    return ImportReport(
        rows=rows,
        columns=columns,
        guessed=reading.guessed,
        problems=reading.problems.listed(),
        problems_total=reading.problems.total,
        choices=reading.choices,
        seconds=round(time.monotonic() - started, 3),
        **facts,
    )


def _read(reading: Reading, found: str) -> list[ColumnInfo]:
    """Hands the file to the reader of its format. Readers are imported here: most imports need one only."""
    if found in ("xlsx", "xls", "xlsb", "ods"):
        from core.tables.workbook import read_workbook

        return read_workbook(reading, found)
    if found in ("parquet", "arrow", "arrow-stream"):
        from core.tables.arrow_rows import read_arrow

        return read_arrow(reading, found)
    from core.tables.delimited import read_delimited
    from core.tables.json_rows import looks_like_json, read_json

    encoding = choose_encoding(reading)
    delimiter_given = reading.choices.delimiter is not None
    with open_text(reading.path, encoding) as text:
        json_format = None if delimiter_given else looks_like_json(text)
    if json_format:
        return read_json(reading, json_format, encoding)
    return read_delimited(reading, encoding)


def _with_roles(parquet: Path, columns: list[ColumnInfo]) -> tuple[int, list[ColumnInfo]]:
    """The number of rows, and the columns with the roles that their content suggests."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(parquet) as file:
        rows = file.metadata.num_rows
        batch = next(file.iter_batches(batch_size=SAMPLE_ROWS), None)
    sample = {} if batch is None else dict(zip(batch.schema.names, (column.to_pylist() for column in batch.columns), strict=True))
    roles = {name: role for role, name in suggest(columns, sample, rows, SUGGESTED).items()}
    return rows, [column.model_copy(update={"role": roles.get(column.name)}) for column in columns]

"""From parts of a data set to a table like any other: same types, same report."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from core.schema import ImportChoices
from core.settings import Settings
from core.tables.arrow_rows import read_batches, text_array
from core.tables.hub.parts import Parts
from core.tables.hub.wanted import Wanted
from core.tables.parse import finished
from core.tables.problems import Problems
from core.tables.reading import Reading
from core.tables.store import Table, add_table
from core.tables.writer import BATCH_BYTES, BATCH_ROWS


def make_table(settings: Settings, workspace: str, wanted: Wanted, parts: Parts, notes: list[str]) -> Table:
    """Puts the rows into the workspace as a table.

    Args:
        notes: what was found while reading.

    Raises:
        LimitReached: more columns than ``max_columns``.
        CannotWrite: the disk is full.
    """
    started = time.monotonic()
    problems = Problems(settings.max_problems)
    for note in [*wanted.notes, *notes]:
        problems.add(note)
    out = parts.folder / "table.parquet"
    reading = Reading(settings, ImportChoices(), parts.folder, parts.folder, out, problems, facts={"format": wanted.reader})
    schema = _common(parts.schemas(), problems)
    columns = read_batches(reading, schema, parts.rows, lambda names: _recut(parts, wanted.source.rows, schema, names))
    report = finished(reading, columns, started).model_copy(update={"hub": _source(wanted, parts), "licence": wanted.licence})
    return add_table(settings, workspace, Path(out), report, wanted.title)


def _source(wanted: Wanted, parts: Parts) -> object:
    """What the rows are of; the number of rows is named only where there are more."""
    more = wanted.source.rows is not None and (not parts.whole or wanted.source.rows < parts.rows)
    return wanted.source if more else wanted.source.model_copy(update={"rows": None})


def _common(schemas: list[pa.Schema], problems: Problems) -> pa.Schema:
    """One type for each column; text where files disagree."""
    if not schemas:
        return pa.schema([])
    fields = []
    for name in dict.fromkeys(name for schema in schemas for name in schema.names):
        kinds = list(dict.fromkeys(schema.field(name).type for schema in schemas if name in schema.names))
        known = [pa.schema([(name, kind)]) for kind in kinds if not pa.types.is_null(kind)]
        try:
            kind = pa.unify_schemas(known, promote_options="permissive").field(name).type if known else pa.string()
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            kind = pa.string()
            problems.add("Some files have another type of cell here; the column is read as text.", column=name)
        fields.append((name, kind))
    return pa.schema(fields)


def _recut(parts: Parts, rows: int | None, schema: pa.Schema, names: list[str] | None) -> Iterator[pa.RecordBatch]:
    """The rows in batches that depend on nothing but the rows: the same ones always make the same file."""
    waiting: list[pa.Table] = []
    for batch in parts.batches(rows):
        waiting.append(_as(batch, schema).select(names or schema.names))
        if sum(map(len, waiting)) >= BATCH_ROWS or sum(one.nbytes for one in waiting) >= BATCH_BYTES:
            yield from _one(waiting)
            waiting = []
    yield from _one(waiting)


def _one(tables: list[pa.Table]) -> Iterator[pa.RecordBatch]:
    if tables:
        yield from pa.concat_tables(tables).combine_chunks().to_batches()


def _as(batch: pa.Table, schema: pa.Schema) -> pa.Table:
    if batch.schema == schema:
        return batch
    columns = []
    for field in schema:
        if field.name not in batch.schema.names:
            columns.append(pa.nulls(len(batch), field.type))
        elif pa.types.is_string(field.type) and not pa.types.is_string(batch.schema.field(field.name).type):
            columns.append(text_array(batch.column(field.name)))
        else:
            columns.append(batch.column(field.name).cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)

"""From parts to ``result.parquet``: every row of the table once, in order, the user's columns first and untouched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import RunFailed
from core.files import replacing
from core.runs.layout import RunFolder
from core.runs.parts import ERROR, KEY, PartsByKey, list_parts

SKIPPED_EMPTY = -1
SKIPPED_MISSING = -2
SKIPPED_PREFIX = "skipped: "
SKIP_REASONS = {
    SKIPPED_EMPTY: SKIPPED_PREFIX + "the cell is empty",
    SKIPPED_MISSING: SKIPPED_PREFIX + "there is no value",
}
NOT_SCORED = "not scored"
OUTPUTS_METADATA = b"sheetformer.outputs"
BATCH_ROWS = 50_000


def build_result(run: RunFolder, keys: np.ndarray, more: pa.Table | None = None) -> dict[str, str]:
    """Writes ``result.parquet`` from the input and the parts, by rename, a slice of rows at a time.

    Args:
        keys: int64 ``[rows]``; for each row of the result the key whose outputs it gets, or ``SKIPPED_EMPTY`` or
            ``SKIPPED_MISSING``. May be shorter than the input: the result then has only these rows.
        more: further output columns, with a column ``key`` in ascending order: what could be said only after the last part.

    Returns:
        Output name to column name. They differ where the user has a column of that name; the same is stored in the
        file's schema under ``sheetformer.outputs``.

    Raises:
        RunFailed: the input has fewer rows than ``keys``.
    """
    parts = PartsByKey(run)
    added = more.column_names if more is not None else []
    output_names = [name for name in (*parts.schema.names, *added) if name not in (KEY, ERROR)] + [ERROR]
    user_columns = pq.read_schema(run.input_path).names if run.input_path.exists() else []
    names = free_names(output_names, user_columns)
    written = 0
    with replacing(run.result_path) as temporary:
        writer = None
        for batch in _input_batches(run, len(keys)):
            batch_keys = keys[written : written + len(batch)]
            known_keys = parts.known(batch_keys)
            outputs = _with_more(parts.take(known_keys), more)
            for name, column in _aligned(outputs, known_keys, output_names, batch_keys):
                batch = batch.append_column(names[name], column)
            if writer is None:
                writer = pq.ParquetWriter(temporary, _with_outputs(batch.schema, names))
            writer.write_table(batch.cast(writer.schema))
            written += len(batch)
        if writer is not None:
            writer.close()
        if written != len(keys):
            raise RunFailed(f"{len(keys)} rows in the run's input", f"{written} rows", "Import the file again and start a new run.")
    return names


def _with_more(outputs: pa.Table, more: pa.Table | None) -> pa.Table:
    """The outputs with further columns before the error; null in rows that these do not know."""
    if more is None:
        return outputs
    place = pa.array(np.searchsorted(more[KEY].to_numpy(), outputs[KEY].to_numpy()))
    known = pc.is_in(outputs[KEY], more[KEY].combine_chunks())
    place = pc.if_else(known.combine_chunks() if isinstance(known, pa.ChunkedArray) else known, place, pa.scalar(None, pa.int64()))
    for name in more.column_names:
        if name != KEY:
            outputs = outputs.append_column(name, more[name].combine_chunks().take(place))
    return outputs


def has_current_result(run: RunFolder) -> bool:
    """Whether ``result.parquet`` is there and holds every part: a retry that was stopped has parts that are newer."""
    try:
        built = run.result_path.stat().st_mtime_ns
        changed = run.parts.stat().st_mtime_ns > built
    except FileNotFoundError:
        return run.result_path.exists()
    return not (changed and any(part.stat().st_mtime_ns > built for part in list_parts(run)))


def output_names(schema: pa.Schema) -> dict[str, str]:
    """Output name to column name, read from the schema of a result; empty for any other table."""
    return json.loads((schema.metadata or {}).get(OUTPUTS_METADATA, b"{}"))


def free_names(wanted: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """For each wanted column name itself, or ``name_2``, ``name_3``... where the user has such a column already.

    Names that differ only in case count as taken: spreadsheet programs and SQL cannot tell them apart.
    """
    used = {name.casefold() for name in taken}
    names: dict[str, str] = {}
    for name in wanted:
        free, number = name, 1
        while free.casefold() in used:
            number += 1
            free = f"{name}_{number}"
        used.add(free.casefold())
        names[name] = free
    return names


def _input_batches(run: RunFolder, rows: int) -> Iterator[pa.Table]:
    """The first ``rows`` rows of the input in slices; at least one, so that an empty result has its columns too."""
    if not run.input_path.exists():
        starts = range(0, max(rows, 1), BATCH_ROWS)
        yield from (pa.table({"row": np.arange(start, min(start + BATCH_ROWS, rows))}) for start in starts)
        return
    with pq.ParquetFile(run.input_path) as source:
        if rows == 0 or source.metadata.num_rows == 0:
            yield source.schema_arrow.empty_table()
            return
        left = rows
        for batch in source.iter_batches(BATCH_ROWS):
            yield pa.Table.from_batches([batch.slice(0, left)], schema=source.schema_arrow)
            left -= min(left, len(batch))
            if not left:
                return


def _aligned(
    outputs: pa.Table, known_keys: np.ndarray, names: list[str], keys: np.ndarray
) -> Iterator[tuple[str, pa.ChunkedArray | pa.Array]]:
    """Each output column, put in the order of ``keys``."""
    positions = np.searchsorted(known_keys, keys)
    found = np.zeros(len(keys), bool)
    inside = positions < len(known_keys)
    found[inside] = known_keys[positions[inside]] == keys[inside]
    take = pa.array(np.where(found, positions, 0), mask=~found)
    for name in names:
        column = outputs[name].take(take) if name in outputs.column_names else pa.nulls(len(keys), pa.string())
        if name == ERROR:
            column = _with_reasons(column, keys, found)
        yield name, column


def _with_reasons(column: pa.ChunkedArray | pa.Array, keys: np.ndarray, found: np.ndarray) -> pa.Array:
    """The ``error`` column, with a reason in every row that has no outputs."""
    errors = column.to_pylist()
    for index in np.flatnonzero(~found):
        errors[index] = SKIP_REASONS.get(int(keys[index]), NOT_SCORED)
    return pa.array(errors, pa.string())


def _with_outputs(schema: pa.Schema, names: dict[str, str]) -> pa.Schema:
    return schema.with_metadata({**(schema.metadata or {}), OUTPUTS_METADATA: json.dumps(names).encode()})

"""Lists of a result as a table of their own: one item a row, with the number of the row that it comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core import tasks
from core.files import replacing
from core.runs import RunFolder
from core.runs.result import free_names, output_names
from core.schema import PredictSpec, Role

BATCH_ROWS = 20_000
ROW = "row"


def side_table(run: RunFolder) -> Path | None:
    """Where a run keeps its second table; ``None`` where its task has none. It is there once the run has finished."""
    spec = run.spec()
    name = tasks.get(spec.task).side_table if isinstance(spec, PredictSpec) else ""
    return run.path / f"{name}.parquet" if name else None


def write_side_table(run: RunFolder) -> Path | None:
    """Writes the second table of a run from its result, by rename and in slices.

    Columns: ``row``, the row of the result, from 1; the user's own column with the role ``id``, if there is one; the fields of an item.

    Returns:
        The table, ``None`` where the task has none or no row was scored.
    """
    target, spec = side_table(run), run.spec()
    names = output_names(pq.read_schema(run.result_path))
    if target is None or target.stem not in names:
        return None
    column, own = names[target.stem], spec.roles.get(Role.ID)
    with pq.ParquetFile(run.result_path) as result, replacing(target) as temporary:
        schema = _schema(result.schema_arrow, column, own)
        with pq.ParquetWriter(temporary, schema) as writer:
            rows = 0
            for batch in result.iter_batches(BATCH_ROWS, columns=[column, *([own] if own else [])]):
                writer.write_table(_items(batch, column, own, rows, schema))
                rows += len(batch)
    return target


def side_file(out: Path, table: Path) -> Path:
    """The file beside the user's own: ``out.entities.csv`` beside ``out.csv``."""
    return out.with_name(f"{out.stem}.{table.stem}{out.suffix}")


def export_side_table(run: RunFolder, out: Path, *, safe: bool = False) -> Path | None:
    """Writes the second table of a run, if it has one, beside the user's own file and in its format.

    Args:
        safe: escape cells that a spreadsheet program would run as formulas.
    """
    from core.tables.export import export

    table = side_table(run)
    if table is None:
        return None
    if not table.exists() and write_side_table(run) is None:
        return None
    target = side_file(out, table)
    export(table, target, safe=safe)
    return target


def _schema(result: pa.Schema, column: str, own: str | None) -> pa.Schema:
    """``row``, the user's column under its own name, and the fields; a field whose name is taken gets a free one."""
    items = result.field(column).type.value_type
    before = [pa.field(ROW, pa.int64())]
    if own:
        before.append(result.field(own).with_name(free_names([own], [ROW])[own]))
    names = free_names([field.name for field in items], [field.name for field in before])
    return pa.schema([*before, *(field.with_name(names[field.name]) for field in items)])


def _items(batch: pa.RecordBatch, column: str, own: str | None, rows: int, schema: pa.Schema) -> pa.Table:
    lists = batch.column(column)
    of_row = np.repeat(np.arange(len(batch)), np.diff(lists.offsets.to_numpy()) * lists.is_valid().to_numpy(zero_copy_only=False))
    items = lists.flatten()
    columns = [pa.array(of_row + rows + 1), *([batch.column(own).take(pa.array(of_row))] if own else []), *items.flatten()]
    return pa.table(columns, schema=schema)

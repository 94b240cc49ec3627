"""A run's result as the files of a data set: Parquet without anything that Parquet files carry beside their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import BadInput, Conflict, NotAllowed
from core.inference.side_table import side_table, write_side_table
from core.privacy.check import plain_text
from core.publish.parcel import Parcel, packing
from core.runs import RunFolder, has_current_result, open_run
from core.schema import PredictSpec
from core.settings import Settings

ROWS = "data/result.parquet"
BATCH_ROWS = 20_000
Mask = Callable[[str], str]
"""A cell's text without what must not leave."""


def result_of(settings: Settings, owner: str, run_id: str) -> RunFolder:
    """A finished run of a workspace that has scored a table.

    Raises:
        NotFound: no such run.
        NotAllowed: somebody else's, seen by a link: it is theirs to publish.
        Conflict: it has not finished, or has no rows.
    """
    run = open_run(settings, run_id)
    if run.owner() != owner:
        raise NotAllowed("a run of this workspace", f"{run_id}, which is another's", "Ask its owner to publish it.")
    if not isinstance(run.spec(), PredictSpec) or not has_current_result(run):
        raise Conflict("a finished run that has scored a table", f"{run_id}, which is none", "Wait until it is done, or resume it.")
    return run


def columns_of(run: RunFolder) -> list[str]:
    """Columns of a result in their order: the user's own, then the model's."""
    return list(pq.read_schema(run.result_path).names)


def pack_result(
    settings: Settings, owner: str, run_id: str, *, leave_out: Sequence[str] = (), masked: Sequence[str] = (), mask: Mask | None = None
) -> Parcel:
    """The rows of a run, and its second table where it has one and no column was left out or masked that it repeats.

    Args:
        leave_out: columns that stay here.
        masked: columns whose cells leave as texts, through ``mask``.

    Raises:
        BadInput: no such column, or none is left.
        SheetformerError: as :func:`result_of`; CannotWrite where the disk is full.
    """
    run = result_of(settings, owner, run_id)
    names = columns_of(run)
    if unknown := [column for column in (*leave_out, *masked) if column not in names]:
        raise BadInput("a column of the result", repr(unknown[0][:80]), f"Choose from: {', '.join(names[:20])}.")
    kept = [name for name in names if name not in set(leave_out)]
    if not kept:
        raise BadInput("a column that leaves", "none", "Leave out fewer columns.")
    with packing(settings, owner) as folder:
        (folder / ROWS).parent.mkdir()
        _write(run.result_path, folder / ROWS, kept, set(masked), mask)
        second = _second(run, kept)
        if second is not None and not masked:
            _write(second, folder / "data" / second.name, list(pq.read_schema(second).names), set(), None)
    return Parcel(folder, run_id, "dataset")


def _second(run: RunFolder, kept: Sequence[str]) -> Path | None:
    """The run's second table: it repeats cells of the first, so it leaves only with all of them."""
    table = side_table(run)
    if table is None or set(kept) != set(columns_of(run)):
        return None
    return table if table.exists() else write_side_table(run)


def _write(source: Path, target: Path, columns: list[str], masked: set[str], mask: Mask | None) -> None:
    """Copies columns in slices. The schema's metadata stays behind: programs write names of files and indexes there."""
    with pq.ParquetFile(source) as file:
        fields = [file.schema_arrow.field(name).remove_metadata() for name in columns]
        schema = pa.schema([field.with_type(pa.string()) if mask and field.name in masked else field for field in fields])
        with pq.ParquetWriter(target, schema) as writer:
            for batch in _batches(file, columns):
                cells = [_masked(batch.column(name), mask) if mask and name in masked else batch.column(name) for name in columns]
                writer.write_batch(pa.record_batch(cells, schema=schema))


def _batches(file: pq.ParquetFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    for batch in file.iter_batches(BATCH_ROWS, columns=columns):
        yield batch.select(columns)


def _masked(column: pa.Array, mask: Mask) -> pa.Array:
    """Cells as texts, through the mask: a column of numbers can be one of phone numbers."""
    return pa.array([None if cell is None else mask(plain_text(cell)) for cell in column.to_pylist()], type=pa.string())

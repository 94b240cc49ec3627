"""Which cells of a table decide a row's result, and which rows have the same: each distinct content is scored once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core import tasks
from core.runs import SKIPPED_EMPTY, SKIPPED_MISSING, RunFolder
from core.runs.keys import read_keys
from core.schema import PredictSpec
from core.tasks import Content

READ_ROWS = 8_192  # rows of text held as Python strings at once while hashing
HASH_KEYS = ("sheetformer key1", "sheetformer key2")  # two SipHashes of 64 bits make 128: a billion texts collide with odds of 1e-21


def content_of(spec: PredictSpec) -> tuple[Content, ...]:
    """The columns that decide a row's result, in the task's order."""
    task = tasks.get(spec.task)
    return task.content(spec.roles, task.Options.model_validate(spec.options))


def content_columns(spec: PredictSpec) -> dict[str, str]:
    """Name and column of each content."""
    return {content.name: content.column for content in content_of(spec)}


def run_keys(run: RunFolder) -> np.ndarray:
    """The key of each row of a predict run, as its plan stored them; found anew before the plan."""
    stored = read_keys(run)
    return table_keys(run.input_path, run.spec()) if stored is None else stored


def table_keys(path: Path, spec: PredictSpec) -> np.ndarray:
    """The key of each row of a table under a spec. Only a required cell must be filled: a text without its pair is scored alone."""
    contents = content_of(spec)
    required = {content.column for content in contents if content.required}
    return content_keys(path, [content.column for content in contents], spec.limit, required=required)


def content_keys(path: Path, columns: list[str], limit: int | None = None, *, required: Collection[str] | None = None) -> np.ndarray:
    """The key of each row: the index of the first row with the same content.

    Streams over the file; needs 24 bytes a row, never the texts at once. White space alone counts as empty. A missing cell that is
    not required is the same content as an empty one.

    Args:
        columns: the columns whose cells are the content, in the order of the task's roles.
        limit: look at the first rows only.
        required: columns without whose cell a row is skipped; all where ``None``. A row without any cell is always skipped.

    Returns:
        int64 ``[rows]``; ``SKIPPED_MISSING`` where a required cell is null (or all are), ``SKIPPED_EMPTY`` where one is empty.
    """
    needed = [place for place, name in enumerate(columns) if required is None or name in required]
    hashes, skips = [], []
    for cells in read_cells(path, columns, limit):
        filled = [cell.fill_null("") for cell in cells]
        missing = _lacking([cell.is_null().to_numpy(zero_copy_only=False) for cell in cells], needed)
        empty = _lacking([_is_blank(cell) for cell in filled], needed)
        skips.append(np.where(missing, SKIPPED_MISSING, np.where(empty, SKIPPED_EMPTY, 0)))
        hashes.append(_hash(filled))
    if not hashes:
        return np.empty(0, np.int64)
    skip = np.concatenate(skips).astype(np.int64)
    return np.where(skip < 0, skip, _first_rows(np.concatenate(hashes)))


def _lacking(absent: list[np.ndarray], needed: list[int]) -> np.ndarray:
    """Which rows lack a needed cell, or all cells. ``absent`` says per column which cells are not there."""
    return np.logical_or.reduce([np.logical_and.reduce(absent), *(absent[place] for place in needed)])


def distinct_keys(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The keys to score, ascending, and how many rows each stands for."""
    return np.unique(keys[keys >= 0], return_counts=True)


def read_cells(path: Path, columns: list[str], limit: int | None = None) -> Iterator[list[pa.Array]]:
    """The columns in slices of ``READ_ROWS`` rows, as strings."""
    left = limit
    with pq.ParquetFile(path) as source:
        for batch in source.iter_batches(READ_ROWS, columns=columns):
            if left is not None:
                batch = batch.slice(0, left)
                left -= len(batch)
            if len(batch):
                yield [as_text(batch.column(name)) for name in columns]
            if left == 0:
                return


def as_text(column: pa.Array) -> pa.Array:
    """A column as strings; numbers and dates as Arrow writes them, lists and structures as JSON."""
    if pa.types.is_nested(column.type):
        written = [None if value is None else json.dumps(value, ensure_ascii=False, default=str) for value in column.to_pylist()]
        return pa.array(written, pa.large_string())
    return column.cast(pa.large_string())


def _is_blank(cells: pa.Array) -> np.ndarray:
    return pc.equal(pc.binary_length(pc.utf8_trim_whitespace(cells)), 0).to_numpy(zero_copy_only=False)


def _hash(cells: list[pa.Array]) -> np.ndarray:
    """128 bits of each row's content, as uint64 ``[rows, 2]``."""
    from pandas.util import hash_array

    text = cells[0]
    for cell in cells[1:]:  # the length in front: ("ab", "c") and ("a", "bc") differ
        text = pc.binary_join_element_wise(pc.binary_length(text).cast(pa.large_string()), text, cell, pa.scalar(":", pa.large_string()))
    values = text.to_numpy(zero_copy_only=False)
    return np.column_stack([hash_array(values, hash_key=key, categorize=False) for key in HASH_KEYS])


def _first_rows(hashes: np.ndarray) -> np.ndarray:
    """For each row the first row with the same hash."""
    order = np.lexsort((hashes[:, 1], hashes[:, 0]))  # stable: of equal hashes the first row comes first
    ordered = hashes[order]
    starts = np.append(True, (ordered[1:] != ordered[:-1]).any(axis=1))
    first = np.empty(len(hashes), np.int64)
    first[order] = order[np.flatnonzero(starts)][np.cumsum(starts) - 1]
    return first

"""Parts: slices of a result, each written once by rename. The unit of progress, resume and retry.

A part holds one row per *distinct* input. Its ``key`` is the index of the first row of the table with that content, so a
part says nothing about the order or the number of rows: :mod:`core.runs.result` puts each row of the table back.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.files import TEMPORARY_PREFIX, replacing
from core.runs.layout import RunFolder

KEY = "key"
ERROR = "error"
_NAME = re.compile(r"(\d{4})-(\d{6})\.parquet")


def write_part(run: RunFolder, attempt: int, table: pa.Table) -> Path:
    """Adds a part. Only the process that holds the run's lock may do so.

    Args:
        table: columns ``key`` (int64), the task's outputs, and ``error`` (string, null where the row succeeded).
    """
    taken = [int(match[2]) for path in list_parts(run) if (match := _NAME.fullmatch(path.name)) and int(match[1]) == attempt]
    path = run.parts / f"{attempt:04d}-{max(taken, default=-1) + 1:06d}.parquet"
    with replacing(path) as temporary:
        pq.write_table(table, temporary)
    return path


def list_parts(run: RunFolder) -> list[Path]:
    """The parts in the order in which they count: later attempts supersede earlier ones."""
    return sorted(path for path in run.parts.glob("*.parquet") if _NAME.fullmatch(path.name))


def finished_keys(run: RunFolder, *, again_failed: bool) -> np.ndarray:
    """Keys that need no more work, sorted, int64.

    Args:
        again_failed: rows with an ``error`` count as unfinished, as a retry wants it.
    """
    parts = list_parts(run)
    if not parts:
        return np.empty(0, np.int64)
    state = newest(pa.concat_tables([pq.read_table(path, columns=[KEY, ERROR]) for path in parts], promote_options="permissive"))
    if again_failed:
        state = state.filter(pc.is_null(state[ERROR]))
    return state[KEY].to_numpy()


def collect(run: RunFolder) -> pa.Table:
    """All parts as one table sorted by ``key``, each key once, the newest attempt's row. Empty where there is no part."""
    parts = list_parts(run)
    if not parts:
        return pa.table({KEY: pa.array([], pa.int64()), ERROR: pa.array([], pa.string())})
    return newest(pa.concat_tables([pq.read_table(path) for path in parts], promote_options="permissive"))


def remove_unfinished(run: RunFolder) -> None:
    """Sweeps what a killed attempt was writing."""
    for path in run.parts.glob(f"{TEMPORARY_PREFIX}*"):
        path.unlink(missing_ok=True)


def newest(table: pa.Table) -> pa.Table:
    """Of each key the row that comes last, sorted by key."""
    keys = table[KEY].to_numpy()
    order = np.argsort(keys, kind="stable")  # stable: of equal keys, the one written last stays last
    sorted_keys = keys[order]
    last_of_key = np.append(sorted_keys[1:] != sorted_keys[:-1], True) if len(order) else np.empty(0, bool)
    return table.take(pa.array(order[last_of_key]))

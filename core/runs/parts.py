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


class PartsByKey:
    """The newest row of each key in all parts, read a few keys at a time: results may be larger than memory.

    Only the keys are held, 16 bytes each; ``keys`` has them sorted.
    """

    def __init__(self, run: RunFolder):
        self._paths = list_parts(run)
        lists = [_read(path, [KEY])[KEY].to_numpy() for path in self._paths]
        self._starts = np.cumsum([0, *(len(keys) for keys in lists)])
        every = np.concatenate([np.empty(0, np.int64), *lists])
        self._places = _last_of_each(every)
        self.keys = every[self._places]
        nothing = pa.schema([(KEY, pa.int64()), (ERROR, pa.string())])
        schemas = [pq.read_schema(path).remove_metadata() for path in self._paths]
        self.schema = pa.unify_schemas(schemas or [nothing], promote_options="permissive")

    def known(self, keys: np.ndarray) -> np.ndarray:
        """Those of the keys that some part has, ascending, each once."""
        wanted = np.sort(keys)
        wanted = wanted[np.append(wanted[1:] != wanted[:-1], True)] if len(wanted) else wanted
        places = np.searchsorted(self.keys, wanted)
        inside = places < len(self.keys)
        wanted, places = wanted[inside], places[inside]
        return wanted[self.keys[places] == wanted]

    def take(self, keys: np.ndarray) -> pa.Table:
        """The rows of these keys, which must be known, ascending and each once."""
        places = self._places[np.searchsorted(self.keys, keys)]
        order = np.argsort(places)
        sorted_places = places[order]
        bounds = np.searchsorted(sorted_places, self._starts)
        pieces = [self.schema.empty_table()]
        for number in np.flatnonzero(np.diff(bounds)):
            inside = sorted_places[bounds[number] : bounds[number + 1]] - self._starts[number]
            pieces.append(_read(self._paths[number]).replace_schema_metadata(None).take(pa.array(inside)))
        return pa.concat_tables(pieces, promote_options="permissive").combine_chunks().take(pa.array(np.argsort(order)))


def remove_unfinished(run: RunFolder) -> None:
    """Sweeps what a killed attempt was writing."""
    for path in run.parts.glob(f"{TEMPORARY_PREFIX}*"):
        path.unlink(missing_ok=True)


def newest(table: pa.Table) -> pa.Table:
    """Of each key the row that comes last, sorted by key."""
    return table.take(pa.array(_last_of_each(table[KEY].to_numpy())))


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    """A part; a small file is read sooner and in less memory without threads."""
    with pq.ParquetFile(path) as file:
        return file.read(columns, use_threads=False)


def _last_of_each(keys: np.ndarray) -> np.ndarray:
    """Where each key stands for the last time, in the order of the keys."""
    order = np.argsort(keys, kind="stable")  # stable: of equal keys, the one written last stays last
    sorted_keys = keys[order]
    return order[np.append(sorted_keys[1:] != sorted_keys[:-1], True)] if len(order) else order

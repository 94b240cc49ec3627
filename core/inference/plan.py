"""Plan before you run: windows of distinct rows, and batches of items of like length.

A window is read, tokenised in bulk, ordered by length and cut into batches of at most ``token_budget`` padded tokens.
Only one window is in memory at a time, so a table may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.inference.keys import READ_ROWS, as_text, distinct_keys, run_keys
from core.runs import RunContext, finished_keys
from core.runs.keys import write_keys

FIRST_ROWS = 8  # the first window: results start before a large window is read and tokenised
GOLDEN = 0.618033988749895  # its multiples modulo 1 spread evenly


@dataclass(frozen=True)
class Window:
    """Distinct rows planned together. ``cells`` holds for each content of the task the cells of the rows ``keys``."""

    keys: np.ndarray
    cells: dict[str, list[str]]

    def part(self, rows: slice) -> Window:
        return Window(self.keys[rows], {name: cells[rows] for name, cells in self.cells.items()})


@dataclass(frozen=True)
class Work:
    """What there is to do: the key of each row, the distinct keys, how many rows each stands for, and those still to score."""

    keys: np.ndarray
    distinct: np.ndarray
    counts: np.ndarray
    pending: np.ndarray

    def rows_of(self, keys: np.ndarray) -> int:
        """Rows of the table that these keys stand for."""
        return int(self.counts[np.searchsorted(self.distinct, keys)].sum())


def plan(context: RunContext) -> Work:
    """Finds the distinct rows, once per run, and what of them is not done yet."""
    keys = run_keys(context.run)
    if not context.run.keys_path.exists():
        write_keys(context.run, keys)
    distinct, counts = distinct_keys(keys)
    done = finished_keys(context.run, again_failed=context.retry_failed)
    return Work(keys, distinct, counts, np.setdiff1d(distinct, done, assume_unique=True))


def read_windows(
    path: Path, columns: dict[str, str], wanted: np.ndarray, *, rows: int, characters: int, first_rows: int = 0
) -> Iterator[Window]:
    """Streams the wanted rows of a table in windows.

    Args:
        columns: name of each content and its column.
        wanted: indices of the rows, ascending, int64.
        rows: most rows of a window.
        characters: a window also ends when its texts reach this size, in bytes of UTF-8.
        first_rows: size of the first window; 0 makes it like the others.
    """
    keys: list[np.ndarray] = []
    cells: list[list[pa.Array]] = []
    held = size = 0
    most = first_rows or rows
    for batch_keys, batch in _wanted_batches(path, list(columns.values()), wanted):
        begin = 0
        while begin < len(batch_keys):
            room = _fits(batch, begin, most - held, characters - size)
            keys.append(batch_keys[begin : begin + room])
            cells.append([column.slice(begin, room) for column in batch])
            held, size = held + room, size + sum(_bytes(column.slice(begin, room)) for column in batch)
            begin += room
            if held >= most or size >= characters:
                yield _window(columns, keys, cells)
                keys, cells, held, size, most = [], [], 0, 0, rows
    if held:
        yield _window(columns, keys, cells)


def _wanted_batches(path: Path, names: list[str], wanted: np.ndarray) -> Iterator[tuple[np.ndarray, list[pa.Array]]]:
    """The wanted rows, slice by slice; row groups without one are not read."""
    with pq.ParquetFile(path) as source:
        begin = 0
        for group in range(source.num_row_groups):
            end = begin + source.metadata.row_group(group).num_rows
            first, last = np.searchsorted(wanted, (begin, end))
            if first < last:
                for batch in source.iter_batches(READ_ROWS, row_groups=[group], columns=names):
                    low, high = np.searchsorted(wanted, (begin, begin + len(batch)))
                    if low < high:
                        take = pa.array(wanted[low:high] - begin)
                        yield wanted[low:high], [as_text(batch.column(name).take(take)).fill_null("") for name in names]
                    begin += len(batch)
                    if high == last:
                        break
            begin = end


def _fits(batch: list[pa.Array], begin: int, rows: int, size: int) -> int:
    """How many rows from ``begin`` on go into a window with room for ``rows`` rows and ``size`` bytes; at least one."""
    count = min(rows, len(batch[0]) - begin)
    lengths = np.sum([pc.binary_length(column.slice(begin, count)).to_numpy(zero_copy_only=False) for column in batch], axis=0)
    return max(1, int(np.searchsorted(np.cumsum(lengths), size, side="right")))


def _bytes(column: pa.Array) -> int:
    return pc.sum(pc.binary_length(column)).as_py() or 0


def _window(columns: dict[str, str], keys: list[np.ndarray], cells: list[list[pa.Array]]) -> Window:
    texts = {name: [text for part in cells for text in part[place].to_pylist()] for place, name in enumerate(columns)}
    return Window(np.concatenate(keys), texts)


def cut_batches(lengths: np.ndarray, token_budget: int, *, equal_lengths: bool = False) -> list[np.ndarray]:
    """Cuts items into batches of at most ``token_budget`` padded tokens (one item may be longer than that).

    Args:
        lengths: tokens of each item.
        equal_lengths: only items of one length share a batch, for models whose outputs depend on the padding.

    Returns:
        Item numbers of each batch. Batches of short and of long items alternate, so that the rows per second seen so far
        tell how long the rest takes.
    """
    order = np.argsort(-lengths, kind="stable")
    batches, begin = [], 0
    while begin < len(order):
        longest = max(int(lengths[order[begin]]), 1)
        end = min(begin + max(1, token_budget // longest), len(order))
        if equal_lengths:
            same = lengths[order[begin:end]] == lengths[order[begin]]
            end = begin + (len(same) if same.all() else int(same.argmin()))
        batches.append(order[begin:end])
        begin = end
    spread = np.argsort((np.arange(len(batches)) * GOLDEN) % 1, kind="stable")
    return [batches[index] for index in spread]

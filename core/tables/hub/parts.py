"""Rows of a data set as far as they have come: files that are never changed, and the place to go on from."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import CannotWrite
from core.files import replacing, write_json
from core.settings import MEGABYTE, Settings
from core.workspaces import workspace_folder

BATCH_ROWS = 500
"""Rows between two places to go on from. Parts are whole batches, so that the table's bytes do not depend on where a stop was."""
PART_BYTES, PART_SECONDS = 16 * MEGABYTE, 2.0
STATE = "state.json"
KEEP_SECONDS = 7 * 24 * 3600


class Parts:
    """The parts in one folder.

    Attributes:
        rows: that are in parts.
        size: bytes of them in memory.
        place: what the ``datasets`` library needs to go on; ``None`` before the first part.
        whole: nothing comes after them.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._settings, self.folder = settings, folder
        self.rows, self.size, self.place, self.whole, self._count = 0, 0, None, False, 0
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
            known = json.loads((folder / STATE).read_bytes())
            self._count, self.rows, self.size = known["parts"], known["rows"], known["size"]
            self.place, self.whole = known["place"], known["whole"]
        self._waiting: list[pa.Table] = []
        self._next: Any = self.place
        self._written = time.monotonic()

    def add(self, batch: pa.Table, place: dict[str, Any]) -> None:
        """Takes a batch; writes a part when enough has come.

        Args:
            place: where to go on after this batch.
        """
        if self._waiting and self._waiting[0].schema != batch.schema:
            self.flush()
        self._waiting.append(batch)
        self._next = place
        waiting = sum(one.nbytes for one in self._waiting)
        if waiting >= PART_BYTES or time.monotonic() - self._written >= PART_SECONDS:
            self.flush()

    def flush(self, *, whole: bool = False) -> None:
        """Writes what waits.

        Raises:
            CannotWrite: it would leave less than ``min_free_disk_mb`` on the disk.
        """
        if self._waiting:
            self._check_disk()
            table = pa.concat_tables(self._waiting)
            with replacing(self._part(self._count), durable=False) as temporary:
                pq.write_table(table, temporary, row_group_size=BATCH_ROWS, compression="zstd", compression_level=1)
            self.rows, self.size, self._count = self.rows + len(table), self.size + table.nbytes, self._count + 1
        self.place, self.whole, self._waiting, self._written = self._next, whole, [], time.monotonic()
        facts = {"parts": self._count, "rows": self.rows, "size": self.size, "place": self.place, "whole": whole}
        write_json(self.folder / STATE, facts, durable=False)

    def schemas(self) -> list[pa.Schema]:
        """Of each part."""
        return [pq.read_schema(self._part(number)) for number in range(self._count)]

    def batches(self, rows: int | None = None) -> Iterator[pa.Table]:
        """The first so many rows, in batches of up to ``BATCH_ROWS``."""
        left = self.rows if rows is None else min(rows, self.rows)
        for number in range(self._count):
            with pq.ParquetFile(self._part(number)) as file:
                for group in range(file.num_row_groups if left else 0):
                    batch = file.read_row_group(group).slice(0, left)
                    left -= len(batch)
                    if len(batch):
                        yield batch

    def clear(self) -> None:
        """Removes them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _part(self, number: int) -> Path:
        return self.folder / f"part-{number:06}.parquet"

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < self._settings.min_free_disk_mb * MEGABYTE:
            raise CannotWrite(
                f"{self._settings.min_free_disk_mb:,} MB of free disk (setting min_free_disk_mb)",
                f"{free / MEGABYTE:,.0f} MB",
                "Free some space and bring it in again: it goes on from where it is.",
            )


def parts_folder(settings: Settings, workspace: str, key: str) -> Path:
    """Where parts of a workspace's data set are; those that nobody asked about for a week are cleared away."""
    folder = workspace_folder(settings, workspace) / "datasets"
    with contextlib.suppress(FileNotFoundError):
        for other in folder.iterdir():
            with contextlib.suppress(OSError):
                if other.name != key and time.time() - other.stat().st_mtime > KEEP_SECONDS:
                    shutil.rmtree(other)
    return folder / key

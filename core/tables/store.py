"""The tables of a workspace: one folder each, named by the SHA-256 of its Parquet file."""

from __future__ import annotations

import json
import logging
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import NotFound
from core.files import sha256_of, sync, write_bytes, write_json
from core.schema import ImportReport, TableSource, is_sha256, new_id
from core.settings import Settings
from core.tables.names import display_name
from core.workspaces import workspace_folder

if TYPE_CHECKING:
    import pandas as pd

PARQUET, REPORT, META = "table.parquet", "report.json", "meta.json"


@dataclass(frozen=True)
class Table:
    """An imported table.

    Attributes:
        id: SHA-256 of the Parquet file, in hex.
        name: what the user calls it; for display only.
        path: the Parquet file, never changed.
        report: what was found while importing it.
        created: when it was last imported, in seconds since 1970.
    """

    id: str
    name: str
    path: Path
    report: ImportReport
    created: float = 0.0

    @property
    def rows(self) -> int:
        return self.report.rows

    @property
    def columns(self) -> list[str]:
        return [column.name for column in self.report.columns]

    @property
    def source(self) -> TableSource:
        """How a spec names this table."""
        return TableSource(id=self.id, name=self.name, rows=self.rows, choices=self.report.choices, hub=self.report.hub)

    def head(self, rows: int) -> pd.DataFrame:
        """The first rows, reading no more of the file than they need."""
        with pq.ParquetFile(self.path) as file:
            batches = []
            found = 0
            for batch in file.iter_batches(batch_size=max(rows, 1)):
                batches.append(batch.slice(0, rows - found))
                found += len(batches[-1])
                if found >= rows:
                    break
            return pa.Table.from_batches(batches, schema=file.schema_arrow).to_pandas()

    def column_values(self, column: str, limit: int) -> list[str]:
        """The values of a column as text, the most frequent first, missing and blank cells left out.

        Args:
            column: name of a column of this table.
            limit: most values to return.

        Raises:
            NotFound: the table has no such column.
        """
        if column not in self.columns:
            raise NotFound(f"a column of {self.name}", repr(column), f"Choose one of these: {', '.join(self.columns[:20])}.")
        counts: dict[str, int] = {}
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(columns=_physical(column), batch_size=50_000):
                values = batch.column(column)
                if pa.types.is_nested(values.type):
                    continue
                for entry in pc.value_counts(values.cast(pa.string())).to_pylist():
                    if entry["values"] is not None and entry["values"].strip():
                        counts[entry["values"]] = counts.get(entry["values"], 0) + entry["counts"]
        return sorted(counts, key=lambda value: (-counts[value], value))[:limit]


def _physical(column: str) -> list[str] | None:
    """Parquet readers take a dot for nesting: such a column is picked from a whole batch."""
    return None if "." in column else [column]


def tables_folder(settings: Settings, workspace: str) -> Path:
    """Where a workspace's tables are."""
    return workspace_folder(settings, workspace) / "tables"


def add_table(settings: Settings, workspace: str, parquet: Path, report: ImportReport, name: str) -> Table:
    """Moves a finished Parquet file into the store; the same content again keeps its id and takes the newest name and report.

    Args:
        settings: the limits and the data folder.
        workspace: who owns the table.
        parquet: a complete file on the same file system; it is moved.
        report: its report.
        name: what the user calls it.
    """
    table_id = sha256_of(parquet)
    folder = tables_folder(settings, workspace)
    folder.mkdir(parents=True, exist_ok=True)
    meta = {"id": table_id, "name": display_name(name), "created": time.time()}
    fresh = folder / f".new-{new_id()}"
    fresh.mkdir()
    parquet.replace(fresh / PARQUET)
    write_bytes(fresh / REPORT, report.model_dump_json().encode())
    write_json(fresh / META, meta)
    sync(fresh / PARQUET)
    final = folder / table_id
    try:
        fresh.rename(final)
    except OSError:  # the table is there already: it keeps its content and takes the newest facts
        (fresh / REPORT).replace(final / REPORT)
        (fresh / META).replace(final / META)
        shutil.rmtree(fresh)
    return open_table(settings, workspace, table_id)


def open_table(settings: Settings, workspace: str, table_id: str) -> Table:
    """Opens a table of this workspace.

    Raises:
        NotFound: the workspace has no table of that id, or one whose facts are damaged.
    """
    folder = tables_folder(settings, workspace) / table_id
    if not is_sha256(table_id) or not (folder / META).is_file():
        raise _no_table(table_id)
    try:
        meta = json.loads((folder / META).read_bytes())
        report = ImportReport.model_validate_json((folder / REPORT).read_bytes())
        return Table(id=table_id, name=str(meta["name"]), path=folder / PARQUET, report=report, created=float(meta["created"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotFound("a whole table", f"that the facts of {table_id[:12]} are missing or damaged", "Import the file again.") from error


def _no_table(table_id: str) -> NotFound:
    return NotFound("a table of this workspace", repr(table_id[:80]), "Import the file again, or choose another table.")


def list_tables(settings: Settings, workspace: str) -> list[Table]:
    """The tables of a workspace, newest first. A damaged one is left out and named in the log: the others are still there."""
    folder = tables_folder(settings, workspace)
    if not folder.is_dir():
        return []
    ids = [entry.name for entry in folder.iterdir() if is_sha256(entry.name) and (entry / META).is_file()]
    tables = []
    for table_id in ids:
        try:
            tables.append(open_table(settings, workspace, table_id))
        except NotFound as error:
            logging.getLogger(__name__).warning("Table %s of workspace %s is left out: %s", table_id, workspace, error)
    return sorted(tables, key=lambda table: (-table.created, table.id))


def delete_table(settings: Settings, workspace: str, table_id: str) -> None:
    """Removes a table, be it damaged; runs keep their own copy of it.

    Raises:
        NotFound: the workspace has no table of that id.
    """
    folder = tables_folder(settings, workspace) / table_id
    if not is_sha256(table_id) or not folder.is_dir():
        raise _no_table(table_id)
    gone = folder.with_name(f".gone-{new_id()}")
    folder.rename(gone)
    shutil.rmtree(gone)

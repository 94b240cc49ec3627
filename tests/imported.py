"""Tables for tests whose subject is not the import: the same file is read once, for each import starts a process of its own."""

from __future__ import annotations

import functools
import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from core import tables
from core.settings import Settings
from core.tables.store import META, tables_folder


def import_once(settings: Settings, workspace: str, path: Path, *, name: str | None = None) -> tables.Table:
    """What ``tables.import_file`` makes of a small file, in this data folder."""
    table_id, files = _table_files(path.read_bytes(), path.name, name)
    folder = tables_folder(settings, workspace) / table_id
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, content in files.items():
        (folder / file_name).write_bytes(content)
    meta = json.loads(files[META])
    (folder / META).write_text(json.dumps(meta | {"created": time.time()}), "utf-8")
    return tables.open_table(settings, workspace, table_id)


@functools.cache
def _table_files(content: bytes, file_name: str, name: str | None) -> tuple[str, Mapping[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / file_name
        source.write_bytes(content)
        table = tables.import_file(Settings(home=Path(folder) / "home"), "local", source, name=name)
        return table.id, {file.name: file.read_bytes() for file in table.path.parent.iterdir()}

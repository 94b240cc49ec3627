"""The files that were uploaded, kept beside the tables made of them: reading one again with other choices needs no new upload."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from pathlib import Path
from typing import BinaryIO

from core.errors import LimitReached
from core.files import TEMPORARY_PREFIX, link_or_copy, replacing
from core.settings import MEGABYTE
from core.workspaces import workspace_folder
from pages.parts.text import size
from pages.parts.visit import Visit

KEEP_SECONDS = 24 * 3600
_TOKEN = re.compile(r"[0-9a-f]{32}")
_TABLE = re.compile(r"[0-9a-f]{64}")


def keep(visit: Visit, stream: BinaryIO, size_bytes: int) -> str:
    """Writes what a browser sent into the workspace, under a name of ours, and returns that name.

    Raises:
        LimitReached: it is larger than ``max_upload_mb``; the control checks that in the browser only.
    """
    limit = visit.settings.max_upload_mb
    if size_bytes > limit * MEGABYTE:
        raise LimitReached(
            f"a file up to {limit} MB (SHEETFORMER_MAX_UPLOAD_MB)", size(size_bytes), "Split the file, or ask the administrator."
        )
    folder = _folder(visit)
    folder.mkdir(parents=True, exist_ok=True)
    _forget_old(folder)
    token = secrets.token_hex(16)
    with (folder / token).open("wb") as target:
        shutil.copyfileobj(stream, target)
    return token


def path_of(visit: Visit, token: str) -> Path | None:
    """The file of this name, ``None`` where it is gone or the name is none of ours."""
    path = _folder(visit) / token
    return path if _TOKEN.fullmatch(token) and path.is_file() else None


def remember(visit: Visit, table_id: str, source: Path) -> None:
    """Keeps ``source`` as the file of a table; a link where the disk allows it."""
    target = _folder(visit) / table_id
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target, durable=False) as fresh:
        link_or_copy(source, fresh)


def source_of(visit: Visit, table_id: str) -> Path | None:
    """The file that a table was made of."""
    path = _folder(visit) / table_id
    return path if _TABLE.fullmatch(table_id) and path.is_file() else None


def forget(visit: Visit, name: str) -> None:
    """Removes the file of a table or of an upload."""
    if _TABLE.fullmatch(name) or _TOKEN.fullmatch(name):
        (_folder(visit) / name).unlink(missing_ok=True)


def _folder(visit: Visit) -> Path:
    return workspace_folder(visit.settings, visit.workspace) / "uploads"


def _forget_old(folder: Path) -> None:
    """Uploads whose import nobody came back for, and what a killed server was writing."""
    for path in folder.iterdir():
        ours = _TOKEN.fullmatch(path.name) or path.name.startswith(TEMPORARY_PREFIX)
        if ours and time.time() - path.stat().st_mtime > KEEP_SECONDS:
            path.unlink(missing_ok=True)

"""Imports files in a process of their own. A page may go away and come back: the state is a folder, found by the task's id."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict

from core.errors import BadInput, Conflict, NotFound, SheetformerError
from core.files import write_json, writing
from core.processes import PROJECT_ROOT, Identity, alive, await_end, child_environment, identify, kill
from core.schema import ImportChoices, is_id, new_id
from core.settings import Settings
from core.tables.child import DONE, ERROR, PROGRESS, REQUEST, SOURCE, memory_error, time_error
from core.tables.container import check_size, copy_stream
from core.tables.names import display_name
from core.tables.store import Table, open_table
from core.workspaces import workspace_folder

PROCESS, CANCELLED = "process.json", "cancelled"
FIRST_POLL, SLOWEST_POLL = 0.01, 0.2
KEEP_SECONDS = 24 * 3600
KILL_SECONDS = 5
# The limit counts address space, of which pools and threads reserve more than they use.
LEAN = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"}


class ImportCancelled(Conflict):
    """The user stopped the import; nothing was kept of it."""

    exit_code = 3


class ImportProgress(BaseModel):
    """How far an import is.

    ``bytes_done`` and ``bytes_total`` count what ``stage`` reads: bytes of a text file, rows of a sheet; 0 where not known.
    """

    model_config = ConfigDict(frozen=True)

    state: Literal["running", "done", "failed", "cancelled"]
    stage: str = "starting"
    rows: int = 0
    bytes_done: int = 0
    bytes_total: int = 0

    @property
    def share(self) -> float:
        """Part done, from 0 to 1."""
        return min(1.0, self.bytes_done / self.bytes_total) if self.bytes_total else 0.0


@dataclass(frozen=True)
class ImportTask:
    """An import that was started, by this script or another one.

    Attributes:
        id: with the workspace enough to find it again (:func:`open_import`).
    """

    settings: Settings
    workspace: str
    id: str
    folder: Path

    def poll(self) -> ImportProgress:
        """How far it is. Never raises for a failed import: :meth:`result` does."""
        facts = _read(self.folder / PROGRESS) or {}
        facts.pop("time", None)
        return ImportProgress(state=self._state(), **facts)

    def _state(self) -> Literal["running", "done", "failed", "cancelled"]:
        working = self.process() is not None  # asked first: a process that ends in between has written its last file before
        if (self.folder / DONE).exists():
            return "done"
        if (self.folder / CANCELLED).exists():
            return "cancelled"
        return "running" if working and not (self.folder / ERROR).exists() else "failed"

    def error(self) -> SheetformerError | None:
        """Why it failed, or ``None``."""
        state = self._state()
        if state == "cancelled":
            return ImportCancelled("a finished import", "one that was stopped", "Import the file again.")
        if state != "failed":
            return None
        facts = _read(self.folder / ERROR)
        if facts:
            return SheetformerError.from_facts(facts)
        return self._death()

    def _death(self) -> SheetformerError:
        """The process ended without a word: out of time in a library that cannot be interrupted, a fault of ours, or out of memory."""
        log = self.folder / "log.txt"
        started = (_read(self.folder / PROCESS) or {}).get("started", time.time())
        last_sign = max((path.stat().st_mtime for path in (log, self.folder / PROGRESS) if path.exists()), default=started)
        if last_sign - started >= self.settings.import_seconds:
            return time_error(self.settings)
        if "Traceback" in _tail(log):
            return BadInput("a file that can be read", _tail(log).strip().rpartition("\n")[2], "Save it in another format.")
        return memory_error(self.settings)

    def result(self) -> Table:
        """The table.

        Raises:
            SheetformerError: why there is none.
            Conflict: it is still running.
        """
        error = self.error()
        if error:
            raise error
        done = _read(self.folder / DONE)
        if done is None:
            raise Conflict("a finished import", "one that is still running", "Wait for it, or stop it.")
        return open_table(self.settings, self.workspace, done["table"])

    def cancel(self) -> None:
        """Ends the process at once; nothing of the table is kept. A finished import stays finished."""
        if self._state() != "running":
            return
        (self.folder / CANCELLED).touch()
        process = self.process()
        if process is not None:
            kill({process})
            await_end(process, KILL_SECONDS)
        shutil.rmtree(self.folder / "scratch", ignore_errors=True)
        (self.folder / SOURCE).unlink(missing_ok=True)

    def forget(self) -> None:
        """Removes the state of a finished import; the table stays."""
        if self._state() != "running":
            shutil.rmtree(self.folder, ignore_errors=True)

    def process(self) -> Identity | None:
        """The process that works on it, or ``None`` when it has ended."""
        facts = _read(self.folder / PROCESS)
        if facts is None:
            return None
        identity = Identity(facts["pid"], facts["born"])
        return identity if alive(identity) else None


def start_import(
    settings: Settings, workspace: str, source: Path | BinaryIO, *, name: str | None = None, choices: ImportChoices | None = None
) -> ImportTask:
    """Starts importing a file in a process that outlives the caller.

    Args:
        settings: the limits and the data folder.
        workspace: who will own the table.
        source: a file that stays where it is until the import ends, or an uploaded stream, which is copied first.
        name: what the user calls the file; never used as a path.
        choices: what the user decided; all else is guessed and reported.

    Raises:
        BadInput: there is no such file, or the workspace id is no id.
        LimitReached: the file is larger than ``max_upload_mb``.
        CannotWrite: the disk is full, or the data folder must not be written.
    """
    tasks = workspace_folder(settings, workspace) / "imports"
    _forget_old(tasks)
    task_id = new_id()
    task = ImportTask(settings, workspace, task_id, tasks / task_id)
    shown = display_name(name or getattr(source, "name", "") or "table")
    asked = {"name": shown, "workspace": workspace, "choices": (choices or ImportChoices()).model_dump()}
    try:
        with writing(settings.home):
            task.folder.mkdir(parents=True)
            _launch(task, {"source": str(_own_source(settings, source, task.folder)), **asked})
    except BaseException:
        shutil.rmtree(task.folder, ignore_errors=True)
        raise
    return task


def open_import(settings: Settings, workspace: str, task_id: str) -> ImportTask:
    """Finds an import that another script run started.

    Raises:
        NotFound: the workspace has no such import (any more).
    """
    folder = workspace_folder(settings, workspace) / "imports" / task_id
    if not is_id(task_id) or not (folder / REQUEST).is_file():
        raise NotFound("an import of this workspace", repr(task_id[:80]), "Import the file again.")
    return ImportTask(settings, workspace, task_id, folder)


def import_file(
    settings: Settings,
    workspace: str,
    source: Path | BinaryIO,
    *,
    name: str | None = None,
    choices: ImportChoices | None = None,
    on_progress: Callable[[ImportProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Table:
    """Imports a file and waits for it.

    Args:
        settings: the limits and the data folder.
        workspace: who will own the table.
        source: a file, or an uploaded stream.
        name: what the user calls the file; the file's own name if not given.
        choices: what the user decided; all else is guessed and reported.
        on_progress: called whenever there is news.
        cancelled: asked a few times a second; the import ends when it says so.

    Raises:
        SheetformerError: the file cannot be imported; says why and what to do.
        ImportCancelled: ``cancelled`` said so.
    """
    task = start_import(settings, workspace, source, name=name, choices=choices)
    try:
        pause = FIRST_POLL
        while (progress := task.poll()).state == "running":
            if cancelled is not None and cancelled():
                task.cancel()
            elif on_progress is not None:
                on_progress(progress)
            time.sleep(pause)
            pause = min(pause * 1.2, SLOWEST_POLL)
        if on_progress is not None:
            on_progress(progress)
        return task.result()
    finally:
        task.cancel()
        task.forget()


def _own_source(settings: Settings, source: Path | BinaryIO, folder: Path) -> Path:
    if not isinstance(source, str | os.PathLike):
        copy_stream(source, folder / SOURCE, settings.max_upload_mb)
        return folder / SOURCE
    path = Path(source).expanduser().absolute()
    if not path.is_file():
        raise BadInput("a file", f"none at {str(source)!r}", "Check the path.")
    if not os.access(path, os.R_OK):
        raise BadInput("a file that can be read", f"no permission for {str(source)!r}", "Change its permissions.")
    check_size(path, settings.max_upload_mb)
    return path


def _launch(task: ImportTask, request: dict) -> None:
    write_json(task.folder / REQUEST, request)
    started = time.time()
    with (task.folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.tables", str(task.folder)],
            cwd=PROJECT_ROOT,
            env=child_environment(task.settings, **LEAN),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    identity = identify(process.pid) or Identity(process.pid, 0.0)  # looked at before it can be reaped
    threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie stays
    write_json(task.folder / PROCESS, {**asdict(identity), "started": started})


def _forget_old(tasks: Path) -> None:
    """Clears away imports that nobody asked about for a day."""
    if not tasks.is_dir():
        return
    for folder in tasks.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > KEEP_SECONDS:
                shutil.rmtree(folder)


def _read(path: Path) -> dict | None:
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None


def _tail(path: Path) -> str:
    try:
        return path.read_bytes()[-4000:].decode("utf-8", "replace")
    except OSError:
        return ""

"""Keeping one scheduler alive for a data folder: started on demand, alone by a lock, told when a server is up."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import SheetformerError
from core.jobs import store
from core.processes import PROJECT_ROOT, Identity, alive, child_environment, identify
from core.settings import Settings

WATCH_SECONDS = 1.0
WATCHDOG_NAME = "core.jobs watchdog of {home}"


def lock_path(settings: Settings) -> Path:
    return settings.home / "scheduler.lock"


def try_lock(descriptor: int) -> bool:
    """Takes the lock of an open file without waiting; it belongs to the open file, so a child that inherits it has it too."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def ensure_scheduler(settings: Settings) -> None:
    """Starts the scheduler of this data folder when none runs; costs next to nothing when one does.

    The lock is taken here and handed to the new process as an open file. There is no moment at which two callers could
    each find that there is no scheduler.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock_path(settings), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not try_lock(descriptor):
            return
        with (settings.home / "scheduler.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "core.jobs.scheduler", "--lock", str(descriptor)],
                cwd=PROJECT_ROOT,
                env=child_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(descriptor,),
                start_new_session=True,
            )
    finally:
        os.close(descriptor)
    # Somebody has to take note of its end, or it stays in the process table as long as a server runs.
    threading.Thread(target=process.wait, name="core.jobs reaper", daemon=True).start()


def scheduler_identity(settings: Settings) -> Identity | None:
    """The scheduler of this data folder, or ``None`` when none is known to live."""
    try:
        identity = Identity(**json.loads(lock_path(settings).read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return identity if alive(identity) else None


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """While the block runs, this process counts as a server: scheduler and parent stay up, and come back when killed."""
    finished = threading.Event()
    _register(settings)
    watchdog = threading.Thread(target=_watch, args=(settings, finished), name=WATCHDOG_NAME.format(home=settings.home), daemon=True)
    watchdog.start()
    try:
        yield
    finally:
        finished.set()
        watchdog.join()
        _unregister(settings)


def hold_server(settings: Settings) -> None:
    """Like :func:`serving`, until the process ends. Calling it again does nothing."""
    name = WATCHDOG_NAME.format(home=settings.home)
    if any(thread.name == name for thread in threading.enumerate()):
        return
    _register(settings)
    threading.Thread(target=_watch, args=(settings, threading.Event()), name=name, daemon=True).start()


def _register(settings: Settings) -> None:
    me = identify(os.getpid())
    if me is None:
        raise SheetformerError("a process table that shows this process", "none", "Mount /proc.")
    with store.opened(settings) as connection:
        connection.execute("INSERT OR REPLACE INTO servers (pid, born) VALUES (?, ?)", (me.pid, me.born))
    ensure_scheduler(settings)


def _unregister(settings: Settings) -> None:
    if store.database_path(settings).exists():
        with store.opened(settings, create=False) as connection:
            connection.execute("DELETE FROM servers WHERE pid = ?", (os.getpid(),))


def _watch(settings: Settings, finished: threading.Event) -> None:
    """Brings the scheduler back when somebody has killed it, until the data folder is gone."""
    while not finished.wait(WATCH_SECONDS):
        if not settings.home.is_dir():
            return
        try:
            ensure_scheduler(settings)
        except OSError as error:
            sys.stderr.write(f"The scheduler could not be started: {error}\n")

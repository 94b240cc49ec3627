"""Keeping one scheduler alive for a data folder: started on demand, alone by a lock, told when a server is up."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from core import processes
from core.errors import CannotWrite, SheetformerError
from core.files import writing
from core.jobs import store
from core.jobs.lookout import WATCH_SECONDS, Lookout, lock_path
from core.jobs.troubles import Troubles
from core.processes import PROJECT_ROOT, Identity, alive, child_environment, identify
from core.settings import Settings

HANDOVER_SECONDS = 10.0
HANDOVER_POLL_SECONDS = 0.01
SIGNATURE_BYTES = 100
WATCHDOG_NAME = "core.jobs watchdog of {home}"
log = logging.getLogger(__name__)


def try_lock(descriptor: int) -> bool:
    """Takes the lock of an open file without waiting; it belongs to the open file, so a child that inherits it has it too."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def ensure_scheduler(settings: Settings, lookout: Lookout | None = None) -> None:
    """Starts the scheduler of this data folder when none runs; costs next to nothing when one does.

    A lock without a living scheduler is one that is being given back: by a killed process whose last threads are still
    ending, or by somebody who is just starting a scheduler. That takes milliseconds, so it is waited for.

    Args:
        lookout: remembers what earlier calls have seen, so that a scheduler that hangs can be told from one that works; it
            is then killed, and a new one goes on in its place.

    Raises:
        CannotWrite: the data folder cannot be written.
    """
    hanging = lookout.look(scheduler_identity(settings)) if lookout else None
    if hanging:
        log.warning("The scheduler (pid %d) has given no sign of life for too long: it is replaced.", hanging.pid)
        processes.kill({hanging})
        processes.await_end(hanging, HANDOVER_SECONDS)
    deadline = time.monotonic() + HANDOVER_SECONDS
    with writing(settings.home):
        while not _start(settings) and scheduler_identity(settings) is None and time.monotonic() < deadline:
            time.sleep(HANDOVER_POLL_SECONDS)


def _start(settings: Settings) -> bool:
    """Starts a scheduler if the lock is free.

    The lock is taken here and handed to the new process as an open file. There is no moment at which two callers could
    each find that there is no scheduler.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock_path(settings), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not try_lock(descriptor):
            return False
        with (settings.home / "scheduler.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "core.jobs.scheduler", "--lock", str(descriptor)],
                cwd=PROJECT_ROOT,
                env=child_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(descriptor,),
                start_new_session=True,
            )
        sign(descriptor, identify(process.pid))  # at once: nobody has to guess whose lock it is while Python starts
    finally:
        os.close(descriptor)
    # Somebody has to take note of its end, or it stays in the process table as long as a server runs.
    threading.Thread(target=process.wait, name="core.jobs reaper", daemon=True).start()
    return True


def sign(descriptor: int, identity: Identity | None) -> None:
    """Notes in the lock's file whose lock it is, by one write that leaves nothing of what was there."""
    text = json.dumps(asdict(identity)) if identity else ""
    os.pwrite(descriptor, text.ljust(SIGNATURE_BYTES).encode(), 0)


def scheduler_identity(settings: Settings) -> Identity | None:
    """The scheduler of this data folder, or ``None`` when none is known to live."""
    try:
        identity = Identity(**json.loads(lock_path(settings).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    return identity if alive(identity) and not processes.dying(identity) else None


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """While the block runs, this process counts as a server: scheduler and parent stay up, and come back when killed.

    A server over a folder that cannot be written still shows what is there; it goes on trying to become one that works.
    """
    finished = threading.Event()
    watchdog = _start_watchdog(settings, finished)
    try:
        yield
    finally:
        finished.set()
        watchdog.join()
        try:
            _unregister(settings)
        except SheetformerError as error:  # a scheduler strikes dead servers off by itself
            log.warning("The server could not sign off: %s", error.one_line())


def hold_server(settings: Settings) -> None:
    """Like :func:`serving`, until the process ends. Calling it again does nothing."""
    name = WATCHDOG_NAME.format(home=settings.home)
    if not any(thread.name == name for thread in threading.enumerate()):
        _start_watchdog(settings, threading.Event())


def _start_watchdog(settings: Settings, finished: threading.Event) -> threading.Thread:
    registered = _try_to_serve(settings, Troubles())
    arguments = (settings, finished, registered)
    watchdog = threading.Thread(target=_watch, args=arguments, name=WATCHDOG_NAME.format(home=settings.home), daemon=True)
    watchdog.start()
    return watchdog


def _try_to_serve(settings: Settings, troubles: Troubles) -> bool:
    try:
        _register(settings)
    except (CannotWrite, OSError) as error:
        troubles.tell("Jobs cannot be started", error)
        return False
    return True


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


def _watch(settings: Settings, finished: threading.Event, registered: bool) -> None:
    """Brings the scheduler back when somebody has killed it or it hangs, until the data folder is gone."""
    lookout, troubles = Lookout(settings), Troubles()
    while not finished.wait(WATCH_SECONDS):
        if registered and not settings.home.is_dir():
            return
        if not registered:
            registered = _try_to_serve(settings, troubles)
            continue
        try:
            ensure_scheduler(settings, lookout)
        except (OSError, SheetformerError) as error:
            troubles.tell("The scheduler could not be started", error)

"""What becomes of a job whose process is gone."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import time

from core import processes
from core.errors import SheetformerError, printable
from core.files import no_room
from core.jobs import store
from core.jobs.runner import NO_ROOM_EXIT, read_final
from core.jobs.store import Row
from core.runs import append_event, read_progress
from core.runs.layout import RunFolder, runs_folder
from core.schema import FINAL_STATES, JobState, Progress
from core.settings import Settings

CRASHES_FORGIVEN = 1
"""A crashed job is started again once by itself; what crashes twice would crash for ever."""

STOPPED_FROM_OUTSIDE = "The process was asked to end from outside (SIGTERM), as when a machine shuts down. Resume the job to go on."


def settle(settings: Settings, connection: sqlite3.Connection, row: Row, exit_code: int | None = None) -> bool:
    """Gives a job whose process is dead the state it deserves. May be called by several at once: the first one counts.

    Args:
        row: the job as it was read before its process was found dead.
        exit_code: as ``subprocess`` has it, negative for a signal; ``None`` where it cannot be known.

    Returns:
        Whether this call made the change.
    """
    run = RunFolder(runs_folder(settings) / row.id)
    progress = read_progress(run)
    final = read_final(run, row.attempt)
    if final is not None:
        state, error, ended = final
        if state == JobState.STOPPED and row.state != JobState.STOPPING:
            error = error or STOPPED_FROM_OUTSIDE
    elif row.state == JobState.STOPPING:
        state, error, ended = JobState.STOPPED, None, time.time()
    else:
        return _after_crash(connection, row, run, progress, death(exit_code))
    return _end(connection, row, state, error, ended, progress)


def death(exit_code: int | None) -> str:
    """How a process died that did not say so itself, in words."""
    if exit_code == -signal.SIGKILL:
        return "The process was killed, probably out of memory."
    if exit_code == NO_ROOM_EXIT:
        return "The disk is full: not even the end of the job could be noted. Free some space and resume the job; its parts are kept."
    if exit_code is not None and exit_code < 0:
        return f"The process died of {_signal_name(-exit_code)}; see the log."
    if exit_code is not None:
        return f"The process ended with code {exit_code} and without a result; see the log."
    return "The process vanished without a word; if its log says nothing either, it was killed, probably out of memory."


def unnoted(settings: Settings, row: Row, error: sqlite3.DatabaseError | OSError) -> str:
    """What to tell of a job whose process is gone where the queue cannot be changed, and what comes of it once it can."""
    full = no_room(error, settings.home)
    why = f"the disk of {settings.home} is full" if full else printable(str(error))
    put_right = "Free some space there" if full else "See scheduler.log, and put it right"
    ended = read_final(RunFolder(runs_folder(settings) / row.id), row.attempt) is not None
    again = not ended and row.state != JobState.STOPPING and row.crashes < CRASHES_FORGIVEN
    then = "the job then goes on by itself" if again else "the end is then noted by itself"
    return f"The process has ended, which the queue cannot note: {why}. {put_right}: what was finished is kept, and {then}."


def bury(row: Row, known_family: set[processes.Identity]) -> None:
    """Ends what a dead job has left running, also in sessions of its own (torchrun's ranks, a loader's workers)."""
    processes.kill(known_family)
    if row.token:
        processes.kill(processes.with_variable(store.TOKEN_VARIABLE, row.token))


def give_back(connection: sqlite3.Connection, row: Row) -> bool:
    """Puts a job back whose process was never started, as if nothing had been tried; a stop that was asked for counts."""
    if row.state == JobState.STOPPING:
        return _end(connection, row, JobState.STOPPED, None, time.time(), None)
    with store.transaction(connection):
        return store.change(connection, row, state=JobState.QUEUED, token=None, pid=None, born=None)


def give_up(connection: sqlite3.Connection, row: Row, why: str) -> bool:
    """Ends a job that nothing can be done about, such as one whose folder is damaged."""
    return _end(connection, row, JobState.FAILED, why, time.time(), None)


def crash(settings: Settings, connection: sqlite3.Connection, row: Row, how: str) -> bool:
    """What becomes of an attempt that came to nothing: the job is started again once by itself, the next time it has failed."""
    run = RunFolder(runs_folder(settings) / row.id)
    return _after_crash(connection, row, run, read_progress(run), how)


def _end(connection: sqlite3.Connection, row: Row, state: JobState, error: str | None, ended: float, progress: Progress | None) -> bool:
    if state not in FINAL_STATES:
        raise SheetformerError("a final state in the word that an attempt leaves", str(state), "Resume the job.")
    rows_done, total = (progress.rows_done, progress.rows) if progress else (row.rows_done, row.rows)
    with store.transaction(connection):
        return store.change(
            connection, row, state=state, error=error, ended=ended, token=None, pid=None, born=None, rows_done=rows_done, rows=total
        )


def _after_crash(connection: sqlite3.Connection, row: Row, run: RunFolder, progress: Progress | None, how: str) -> bool:
    if row.crashes >= CRASHES_FORGIVEN:
        return _end(connection, row, JobState.FAILED, how, time.time(), progress)
    with store.transaction(connection):
        changed = store.change(
            connection,
            row,
            state=JobState.QUEUED,
            attempt=row.attempt + 1,
            crashes=row.crashes + 1,
            error=f"{how} It is started again, once.",
            token=None,
            pid=None,
            born=None,
        )
    if changed:
        with contextlib.suppress(OSError):  # an account of what has happened already: a damaged folder or a full disk undoes nothing
            append_event(run, "crashed", attempt=row.attempt, how=how)
    return changed


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

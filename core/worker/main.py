"""One attempt at a job, from its lock to its last word."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading

from core.errors import safe_traceback
from core.files import no_room
from core.jobs.runner import NO_ROOM_EXIT, record_start, write_final
from core.jobs.store import TOKEN_VARIABLE, Row
from core.processes import limit_memory
from core.runs import RunContext, append_event, open_run
from core.runs.layout import RunFolder
from core.runs.parts import remove_unfinished
from core.schema import JobState
from core.settings import Settings
from core.worker.guard import holding, listen_for_stop, volunteer_for_oom
from core.worker.kinds import function_of
from core.worker.report import message


def work(settings: Settings, job_id: str, token: str) -> int:
    """Does a job if it is this process's to do.

    Args:
        token: the text that the scheduler has written beside the job for this start.

    Returns:
        Exit code: 0 when the attempt has left its last word, or was not wanted; ``NO_ROOM_EXIT`` when it could not leave one
        because the disk is full, 1 when for another reason.
    """
    os.environ[TOKEN_VARIABLE] = token  # what this process starts can be found by it, in whatever session
    faulthandler.enable()
    stop = listen_for_stop()
    run = open_run(settings, job_id)
    with holding(run.lock_path) as held:
        if not held:
            sys.stderr.write("Another process works on this run; this one leaves it alone.\n")
            return 1
        row = record_start(settings, job_id, token)
        if row is None:
            return 0
        try:
            _attempt(settings, run, row, stop)
        except OSError as error:
            sys.stderr.write(f"The attempt could not leave its last word:\n{safe_traceback(error)}")
            return NO_ROOM_EXIT if no_room(error, settings.home) else 1
    return 0


def _attempt(settings: Settings, run: RunFolder, row: Row, stop: threading.Event) -> None:
    """Runs the function of the kind and writes ``final.<attempt>.json``, whatever happens."""
    if row.state == JobState.STOPPING:
        write_final(run, row.attempt, JobState.STOPPED)
        return
    append_event(run, "started", attempt=row.attempt, retry_failed=row.retry_failed)
    try:
        volunteer_for_oom()
        limit_memory(settings.job_memory_mb)
        remove_unfinished(run)
        context = RunContext(settings, run, attempt=row.attempt, retry_failed=row.retry_failed, stop=stop)
        state, error = JobState(function_of(run.spec().kind)(context)), None
    except Exception as problem:  # whatever it is, the user gets a sentence and the log the rest
        sys.stderr.write(safe_traceback(problem))
        state, error = JobState.FAILED, message(settings, problem)
    append_event(run, state.value, attempt=row.attempt, error=error)
    write_final(run, row.attempt, state, error)
    sys.stderr.flush()

"""What the process of a job tells the queue: that it is the one, and how it ended."""

from __future__ import annotations

import json
import os
import time

from core.files import write_json
from core.jobs import store
from core.jobs.store import Row
from core.processes import Identity, identify
from core.runs.layout import RunFolder
from core.schema import FINAL_STATES, JobState
from core.settings import Settings

NO_ROOM_EXIT = 28
"""Exit code of an attempt that could not leave its last word because the disk is full: ENOSPC's own number."""


def record_process(settings: Settings, token: str, identity: Identity) -> None:
    """Notes the process of a start that has not noted itself yet."""
    with store.opened(settings, create=False) as connection:
        connection.execute("UPDATE jobs SET pid = ?, born = ? WHERE token = ? AND pid IS NULL", (identity.pid, identity.born, token))


def record_start(settings: Settings, job_id: str, token: str) -> Row | None:
    """Called by the process of a job once it holds the lock of the run.

    Returns:
        The job as it stands (``running``, or ``stopping`` when the user was faster), or ``None`` when this start is not
        wanted any more: the process must then exit and leave everything as it is.
    """
    identity = identify(os.getpid())
    with store.opened(settings, create=False) as connection, store.transaction(connection):
        row = store.row(connection, job_id)
        if row is None or row.token != token or row.state not in (JobState.STARTING, JobState.STOPPING) or identity is None:
            return None
        state = JobState.RUNNING if row.state == JobState.STARTING else row.state
        store.change(connection, row, state=state, pid=identity.pid, born=identity.born, started=time.time())
        return store.row(connection, job_id)


def write_final(run: RunFolder, attempt: int, state: JobState, error: str | None = None) -> None:
    """How an attempt ended, by rename: the exit code of an adopted process cannot be read by anybody."""
    write_json(run.final_path(attempt), {"state": state.value, "error": error, "time": time.time()})


def read_final(run: RunFolder, attempt: int) -> tuple[JobState, str | None, float] | None:
    """State, message and time of an attempt that ended by itself; ``None`` when it has not, or died."""
    try:
        final = json.loads(run.final_path(attempt).read_bytes())
        state = JobState(final["state"])
        return (state, final["error"], float(final["time"])) if state in FINAL_STATES else None
    except (OSError, ValueError, KeyError, TypeError):  # a damaged disk: one unreadable word must not stop everybody's queue
        return None

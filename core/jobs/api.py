"""What pages and the command line ask of the queue."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from pathlib import Path
from types import MappingProxyType

from core import processes
from core.errors import Conflict, NotAllowed, NotFound, printable
from core.jobs import queue, settle, store
from core.jobs.keeper import ensure_scheduler, scheduler_identity
from core.jobs.runner import read_final
from core.jobs.store import Row
from core.runs import append_event, check_unchanged, create_run, delete_run, open_run, read_progress
from core.runs.layout import RunFolder, runs_folder
from core.schema import FINAL_STATES, Job, JobState, Spec, new_id
from core.settings import Settings

SETTLE_SECONDS = 1.0
SETTLE_POLL_SECONDS = 0.02
WITHOUT_ROWS = MappingProxyType({"finetune": "a fine-tune", "search": "a search over dials", "demo": "a demo"})
log = logging.getLogger(__name__)


def submit(
    settings: Settings,
    spec: Spec,
    *,
    owner: str,
    input_table: Path | None = None,
    validation_table: Path | None = None,
    title: str = "",
) -> Job:
    """Puts a run into the queue and sees to it that somebody works on the queue.

    Raises:
        LimitReached: the owner has ``max_queued_jobs_per_owner`` jobs waiting.
        CannotWrite: the disk is full, or the data folder must not be written.
    """
    with store.opened(settings) as connection:
        queue.check_room(settings, connection, owner)
    run = create_run(settings, spec, owner=owner, input_table=input_table, validation_table=validation_table, run_id=new_id())
    try:
        with store.opened(settings) as connection, store.transaction(connection):
            queue.check_room(settings, connection, owner)
            store.insert(connection, run.id, kind=spec.kind, owner=owner, title=title, created=time.time(), total=spec.rows_to_do)
    except BaseException:
        delete_run(settings, run.id)
        raise
    ensure_scheduler(settings)
    return get(settings, run.id)


def get(settings: Settings, job_id: str) -> Job:
    """One job, its state corrected first. Whoever knows the id may see it: that is how a link shares a run.

    Raises:
        NotFound: no job has this id.
    """
    with store.opened(settings, to_read=True) as connection:
        (row,), unnoted = _correct(settings, connection, [_known(connection, job_id)])
        return _job(settings, row, queue.places(connection), unnoted)


def list_jobs(settings: Settings, owner: str | None = None, limit: int = 1000) -> list[Job]:
    """The newest jobs first, of one owner or of all; states are corrected first."""
    where, arguments = ("owner = ?", (owner,)) if owner is not None else ("1", ())
    with store.opened(settings, to_read=True) as connection:
        rows = store.rows(connection, where, (*arguments, limit), tail="ORDER BY created DESC, position DESC LIMIT ?")
        rows, unnoted = _correct(settings, connection, rows)
        places = queue.places(connection)
    return [_job(settings, row, places, unnoted) for row in rows]


def stop(settings: Settings, job_id: str, *, owner: str) -> Job:
    """Ends a job: at once while it waits, else within ``stop_grace_seconds``, or ``training_stop_grace_seconds`` where it trains.

    Stopping a stopping job changes nothing.

    Raises:
        NotFound, NotAllowed: no such job, or somebody else's.
        Conflict: it has ended already.
    """
    with store.opened(settings) as connection:
        _correct(settings, connection, [_known(connection, job_id)])
        with store.transaction(connection):
            row = _own(connection, job_id, owner)
            if row.state in FINAL_STATES:
                raise Conflict("a job that waits or runs", f"one that is {row.state}", "There is nothing to stop.")
            if row.state == JobState.QUEUED:
                store.change(connection, row, state=JobState.STOPPED, ended=time.time(), error=None)
            elif row.state != JobState.STOPPING:
                store.change(connection, row, state=JobState.STOPPING)
    ensure_scheduler(settings)
    return get(settings, job_id)


def resume(settings: Settings, job_id: str, *, owner: str) -> Job:
    """Goes on with a stopped or failed job where its parts end.

    Raises:
        NotFound, NotAllowed: no such job, or somebody else's.
        Conflict: it has not ended, is done, or its spec or input has changed.
        LimitReached: the owner has ``max_queued_jobs_per_owner`` jobs waiting.
    """
    return _queue_again(settings, job_id, owner, frozenset({JobState.STOPPED, JobState.FAILED}), retry_failed=False)


def retry(settings: Settings, job_id: str, *, owner: str) -> Job:
    """Works on the failed rows of a job again, and only on them. Raises what :func:`resume` raises; a fine-tune has no such rows."""
    with store.opened(settings, to_read=True) as connection:
        kind = _known(connection, job_id).kind
    if kind in WITHOUT_ROWS:
        raise Conflict("a job with rows that can be scored again", WITHOUT_ROWS[kind], "Resume it, or start a new one.")
    return _queue_again(settings, job_id, owner, FINAL_STATES, retry_failed=True)


def delete(settings: Settings, job_id: str, *, owner: str) -> None:
    """Removes a job with its run folder. A waiting job is taken out of the queue first.

    Raises:
        NotFound, NotAllowed: no such job, or somebody else's.
        Conflict: it runs.
    """
    with store.opened(settings) as connection:
        _correct(settings, connection, [_known(connection, job_id)])
        with store.transaction(connection):
            row = _own(connection, job_id, owner)
            if row.state not in FINAL_STATES and row.state != JobState.QUEUED:
                raise Conflict("a job that has ended", f"one that is {row.state}", "Stop it first.")
            if (runs_folder(settings) / job_id).exists():
                delete_run(settings, job_id)  # a rename, so quick enough for a transaction; the row goes only if this went well
            connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))


def log_text(settings: Settings, job_id: str, tail_lines: int = 500) -> str:
    """The last lines of a job's log. Control characters are escaped: a log line may hold what a user's cell holds.

    Raises:
        NotFound: no run has this id.
    """
    path = open_run(settings, job_id).log_path
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            shown = settings.log_shown_kb * 1000
            file.seek(max(0, size - shown))
            text = file.read(shown).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    lines = text.removesuffix("\n").split("\n")[-tail_lines:] if text else []
    return "\n".join(printable(line) for line in lines)


def _known(connection: sqlite3.Connection, job_id: str) -> Row:
    row = store.row(connection, job_id)
    if row is None:
        raise NotFound("the id of a job", repr(job_id[:40]), "Look it up under Jobs; it may have been deleted.")
    return row


def _own(connection: sqlite3.Connection, job_id: str, owner: str) -> Row:
    row = _known(connection, job_id)
    if row.owner != owner:
        raise NotAllowed("a job of your own workspace", "a job of another one", "Ask its owner; a shared link only shows a run.")
    return row


def _queue_again(settings: Settings, job_id: str, owner: str, allowed: frozenset[JobState], *, retry_failed: bool) -> Job:
    with store.opened(settings) as connection:
        _correct(settings, connection, [_known(connection, job_id)])
        _own(connection, job_id, owner)
        run = open_run(settings, job_id)
        check_unchanged(run)  # reads the whole input: not inside a transaction
        with store.transaction(connection):
            row = _own(connection, job_id, owner)
            if row.state not in allowed:
                words = " or ".join(sorted(allowed))
                done = row.state == JobState.DONE
                advice = "There is nothing left to go on with." if done else "Wait for it to end, or stop it first."
                raise Conflict(f"a job that is {words}", f"one that is {row.state}", advice)
            queue.check_room(settings, connection, owner)
            store.change(
                connection,
                row,
                state=JobState.QUEUED,
                attempt=row.attempt + 1,
                crashes=0,
                retry_failed=retry_failed or row.retry_failed,  # a stopped retry goes on as a retry
                position=store.next_position(connection),
                error=None,
                ended=None,
            )
    with contextlib.suppress(OSError):  # an account of what has happened already: a full disk undoes nothing
        append_event(run, "retry" if retry_failed else "resume", attempt=row.attempt + 1)
    ensure_scheduler(settings)
    return get(settings, job_id)


def _correct(settings: Settings, connection: sqlite3.Connection, rows: list[Row]) -> tuple[list[Row], dict[str, str]]:
    """Settles the jobs among ``rows`` whose process is dead.

    Returns:
        All of them as they are then, and what to tell of those whose end could not be noted, by id.
    """
    dead = [row for row in rows if row.state in store.STARTED_STATES and row.identity and not processes.alive(row.identity)]
    unnoted: dict[str, str] = {}
    if not dead:
        return rows, unnoted
    for row in dead:
        if read_final(RunFolder(runs_folder(settings) / row.id), row.attempt) is None:
            # Only a living scheduler can know the exit code, and it looks many times a second.
            _await_scheduler(settings, connection, row)
        # Somebody may have asked for a stop in between: read again, so that it counts.
        current = store.row(connection, row.id)
        if current and current.token == row.token and current.state in store.STARTED_STATES:
            settle.bury(row, set())
            if trouble := _settle_if_possible(settings, connection, current):
                unnoted[row.id] = trouble
    fresh = [row for row in (store.row(connection, row.id) for row in rows) if row is not None]
    still = {row.id for row in fresh if row.state in store.STARTED_STATES}  # somebody may have found room in between
    return fresh, {job_id: what for job_id, what in unnoted.items() if job_id in still}


def _settle_if_possible(settings: Settings, connection: sqlite3.Connection, row: Row) -> str:
    """A queue that cannot be written, as on a full disk, is shown as it stands: whoever looks must not be turned away.

    Returns:
        What to tell of a job whose end could not be noted; otherwise nothing.
    """
    try:
        settle.settle(settings, connection, row)
    except (sqlite3.DatabaseError, OSError) as error:
        log.info("Job %s has ended, which cannot be noted: %s", row.id, printable(str(error)))
        return settle.unnoted(settings, row, error)
    return ""


def _await_scheduler(settings: Settings, connection: sqlite3.Connection, row: Row) -> None:
    if scheduler_identity(settings) is None:
        return
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        current = store.row(connection, row.id)
        if current is None or current.token != row.token:
            return
        time.sleep(SETTLE_POLL_SECONDS)


def _job(settings: Settings, row: Row, places: dict[str, int], unnoted: dict[str, str]) -> Job:
    rows_done, total = row.rows_done, row.rows
    if row.state not in FINAL_STATES:
        progress = read_progress(RunFolder(runs_folder(settings) / row.id))
        if progress is not None:
            rows_done, total = progress.rows_done, progress.rows
    return Job(
        id=row.id,
        kind=row.kind,
        state=row.state,
        owner=row.owner,
        title=row.title,
        created=row.created,
        started=row.started,
        ended=row.ended,
        attempt=row.attempt,
        retry_failed=row.retry_failed,
        pid=row.pid,
        error=unnoted.get(row.id, row.error),
        rows_done=rows_done,
        rows=total,
        place=places.get(row.id),
        unnoted=row.id in unnoted,
    )

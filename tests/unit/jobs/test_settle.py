"""What becomes of a job whose process is gone."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from core.jobs import queue, settle, store
from core.jobs.runner import record_process, write_final
from core.jobs.store import Row
from core.processes import Identity
from core.runs import create_run, read_events, write_progress
from core.runs.layout import RunFolder
from core.schema import JobState, Progress, RehearsalSpec
from core.settings import Settings

DEAD = Identity(0, 0.0)


@pytest.fixture
def run(settings: Settings) -> RunFolder:
    return create_run(settings, RehearsalSpec(), owner="a")


@pytest.fixture
def running(settings: Settings, connection: sqlite3.Connection, run: RunFolder) -> Row:
    """A job whose process is recorded, running and dead."""
    store.insert(connection, run.id, kind="rehearsal", owner="a", title="", created=1.0, total=100)
    return start(settings, connection, run)


def start(settings: Settings, connection: sqlite3.Connection, run: RunFolder) -> Row:
    row = queue.claim_next(settings, connection)
    record_process(settings, row.token, DEAD)
    store.change(connection, row, state=JobState.RUNNING)
    return store.row(connection, run.id)


@pytest.mark.parametrize(("state", "error"), [(JobState.DONE, None), (JobState.FAILED, "Expected A; found B. Do C")])
def test_the_last_word_of_an_attempt_counts(
    settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row, state: JobState, error: str | None
) -> None:
    write_final(run, 1, state, error)
    assert settle.settle(settings, connection, running, exit_code=-9)
    row = store.row(connection, run.id)
    assert (row.state, row.error, row.attempt, row.token, row.pid) == (state, error, 1, None, None)
    assert row.ended is not None


def test_the_last_word_of_an_earlier_attempt_does_not_count(
    settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row
) -> None:
    store.change(connection, running, attempt=2)
    write_final(run, 1, JobState.DONE)
    settle.settle(settings, connection, store.row(connection, run.id))
    assert store.row(connection, run.id).state == JobState.QUEUED


def test_a_crashed_job_is_started_again_once_and_never_in_a_loop(
    settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row
) -> None:
    settle.settle(settings, connection, running, exit_code=-9)
    again = store.row(connection, run.id)
    assert (again.state, again.attempt, again.crashes) == (JobState.QUEUED, 2, 1)
    assert "killed, probably out of memory" in again.error
    settle.settle(settings, connection, start(settings, connection, run), exit_code=-9)
    last = store.row(connection, run.id)
    assert (last.state, last.attempt) == (JobState.FAILED, 2)
    assert last.error == "The process was killed, probably out of memory."
    assert [event["what"] for event in read_events(run)] == ["crashed"]


def test_a_job_that_crashes_keeps_its_place(settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row) -> None:
    store.insert(connection, "f" * 16, kind="rehearsal", owner="a", title="", created=2.0, total=1)
    settle.settle(settings, connection, running)
    assert queue.places(connection) == {run.id: 1, "f" * 16: 2}


def test_only_the_first_to_notice_settles(settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row) -> None:
    assert settle.settle(settings, connection, running)
    assert not settle.settle(settings, connection, running)
    assert store.row(connection, run.id).attempt == 2


def test_a_process_that_dies_while_it_stops_is_stopped(
    settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row
) -> None:
    store.change(connection, running, state=JobState.STOPPING)
    settle.settle(settings, connection, store.row(connection, run.id), exit_code=-9)
    row = store.row(connection, run.id)
    assert (row.state, row.error, row.attempt) == (JobState.STOPPED, None, 1)


def test_a_job_that_was_done_before_it_heard_of_the_stop_is_done(
    settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row
) -> None:
    store.change(connection, running, state=JobState.STOPPING)
    write_final(run, 1, JobState.DONE)
    settle.settle(settings, connection, store.row(connection, run.id))
    assert store.row(connection, run.id).state == JobState.DONE


def test_a_stop_that_no_user_asked_for_says_so(settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row) -> None:
    write_final(run, 1, JobState.STOPPED)
    settle.settle(settings, connection, running)
    row = store.row(connection, run.id)
    assert row.state == JobState.STOPPED
    assert "SIGTERM" in row.error


def test_rows_are_kept_with_the_job(settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row) -> None:
    write_progress(run, Progress(stage="counting", rows_done=40, rows=100, time=1.0))
    write_final(run, 1, JobState.FAILED, "x")
    settle.settle(settings, connection, running)
    row = store.row(connection, run.id)
    assert (row.rows_done, row.rows) == (40, 100)


def test_a_last_word_that_is_no_final_state_is_none(
    settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row
) -> None:
    write_final(run, running.attempt, JobState.RUNNING)
    assert settle.settle(settings, connection, running)
    assert store.row(connection, running.id).state == JobState.QUEUED, "it counts as crashed"


def test_a_crash_counts_where_nothing_can_be_written_about_it(
    settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row
) -> None:
    run.events_path.unlink(missing_ok=True)
    run.events_path.mkdir()
    run.progress_path.mkdir()
    assert settle.settle(settings, connection, running, -9)
    assert store.row(connection, running.id).state == JobState.QUEUED


def test_an_end_that_cannot_be_noted_says_what_comes_of_the_job(
    settings: Settings, connection: sqlite3.Connection, run: RunFolder, running: Row
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    told = settle.unnoted(settings, running, full)
    assert f"the disk of {settings.home} is full. Free some space there" in told and "the job then goes on by itself" in told
    assert "the end is then noted" in settle.unnoted(settings, replace(running, state=JobState.STOPPING), full)
    assert "the end is then noted" in settle.unnoted(settings, replace(running, crashes=settle.CRASHES_FORGIVEN), full)
    write_final(run, running.attempt, JobState.DONE)
    assert "the end is then noted" in settle.unnoted(settings, running, full)
    assert "database is locked. See scheduler.log" in settle.unnoted(settings, running, sqlite3.OperationalError("database is locked"))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "killed, probably out of memory"),
        (-11, "SIGSEGV"),
        (-200, "signal 200"),
        (1, "code 1"),
        (28, "The disk is full"),
        (None, "vanished"),
    ],
)
def test_deaths_in_words(code: int | None, words: str) -> None:
    assert words in settle.death(code)


def test_a_job_that_was_never_started_goes_back_as_if_nothing_had_been(
    settings: Settings, connection: sqlite3.Connection, run: RunFolder
) -> None:
    store.insert(connection, run.id, kind="rehearsal", owner="a", title="", created=1.0, total=100)
    row = queue.claim_next(settings, connection)
    assert settle.give_back(connection, row)
    again = store.row(connection, run.id)
    assert (again.state, again.attempt, again.crashes, again.token) == (JobState.QUEUED, 1, 0, None)

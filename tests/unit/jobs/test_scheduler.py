"""One look of the scheduler: trouble with one job stays with it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator

import pytest

from core import jobs, processes
from core.jobs import queue, store
from core.jobs.runner import record_process
from core.jobs.scheduler import Scheduler
from core.jobs.store import Row
from core.processes import Identity
from core.schema import JobState, RehearsalSpec
from core.settings import Settings

pytestmark = pytest.mark.usefixtures("queue_only")


@pytest.fixture
def scheduler(settings: Settings) -> Iterator[Scheduler]:
    with store.opened(settings):
        made = Scheduler(settings.model_copy(update={"quick_starts": False}), lock=-1)
    yield made
    made.connection.close()


def running(settings: Settings, connection: sqlite3.Connection, identity: Identity) -> str:
    job = jobs.submit(settings, RehearsalSpec(rows=1), owner="a")
    row = queue.claim_next(settings, connection)
    assert row.id == job.id
    record_process(settings, row.token, identity)
    store.change(connection, row, state=JobState.RUNNING)
    return job.id


def states(connection: sqlite3.Connection) -> dict[str, JobState]:
    return {row.id: row.state for row in store.rows(connection)}


def test_trouble_with_one_job_does_not_reach_the_others(
    settings: Settings,
    scheduler: Scheduler,
    connection: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    me = processes.identify(os.getpid())
    troubled, healthy = running(settings, connection, me), running(settings, connection, me)
    looked: list[str] = []

    def look(row: Row) -> None:
        if row.id == troubled:
            raise OSError(5, "Input/output error \x1b[2J")
        looked.append(row.id)

    monkeypatch.setattr(scheduler.stopper, "look", look)
    for _ in range(3):
        assert scheduler.tick()
    assert looked == [healthy] * 3
    assert states(connection) == {troubled: JobState.RUNNING, healthy: JobState.RUNNING}, "a process that lives is left to its work"
    assert sum(troubled in record.getMessage() for record in caplog.records) == 1
    assert "\x1b" not in caplog.text


def test_a_dead_job_that_cannot_be_looked_after_has_failed(
    settings: Settings, scheduler: Scheduler, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubled = running(settings, connection, Identity(0, 0.0))

    def settle(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("core.jobs.scheduler.settle.settle", settle)
    scheduler.tick()
    row = store.row(connection, troubled)
    assert row.state == JobState.FAILED
    assert "Input/output error" in row.error


def test_a_queue_that_does_not_answer_fails_no_job(
    settings: Settings, scheduler: Scheduler, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubled = running(settings, connection, Identity(0, 0.0))

    def settle(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr("core.jobs.scheduler.settle.settle", settle)
    with pytest.raises(sqlite3.OperationalError):
        scheduler.tick()
    assert states(connection) == {troubled: JobState.RUNNING}


def test_an_exit_code_is_kept_until_the_end_is_noted(
    settings: Settings, scheduler: Scheduler, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = running(settings, connection, Identity(0, 0.0))
    scheduler.starter._codes[store.row(connection, dead).token] = -9

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("core.jobs.scheduler.settle.settle", full)
        with pytest.raises(sqlite3.OperationalError):
            scheduler.tick()
    scheduler._attend(store.row(connection, dead))
    assert store.row(connection, dead).error == "The process was killed, probably out of memory. It is started again, once."
    assert scheduler.starter._codes == {}

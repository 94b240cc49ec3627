"""The table of jobs: versions, locks, guarded changes."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import CannotWrite, Unusable
from core.jobs import store
from core.schema import JobState
from core.settings import Settings


def add(connection: sqlite3.Connection, job_id: str, owner: str = "a") -> None:
    store.insert(connection, job_id, kind="rehearsal", owner=owner, title="", created=1.0, total=10)


def test_the_queue_is_in_wal_mode_and_carries_its_version(settings: Settings) -> None:
    with store.opened(settings) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(store.MIGRATIONS)


def test_many_first_openings_at_once_make_one_queue(settings: Settings) -> None:
    def first(number: int) -> None:
        with store.opened(settings) as connection, store.transaction(connection):
            add(connection, f"{number:016x}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(first, range(24)))
    with store.opened(settings) as connection:
        found = store.rows(connection)
    assert len(found) == 24
    assert sorted(row.position for row in found) == list(range(1, 25))


def test_a_queue_of_a_newer_version_is_left_alone(settings: Settings) -> None:
    with store.opened(settings) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(Unusable, match="version 99"), store.opened(settings):
        pass


@pytest.mark.parametrize("has_claimed", [False, True])
def test_a_queue_of_an_older_version_keeps_its_jobs_and_learns_what_is_new(settings: Settings, has_claimed: bool) -> None:
    settings.home.mkdir(parents=True)
    old = sqlite3.connect(store.database_path(settings))
    for statement in store.VERSION_1:
        old.execute(statement)
    if has_claimed:  # as some files of version 1 were written
        old.execute("ALTER TABLE jobs ADD COLUMN claimed INTEGER")
        old.execute("CREATE INDEX jobs_by_claim ON jobs (owner, claimed)")
    add(old, "0" * 16)
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    with store.opened(settings) as connection:
        row = store.row(connection, "0" * 16)
        assert (row.owner, row.rows, row.claimed) == ("a", 10, None)
        assert store.change(connection, row, claimed=store.next_claim(connection))
        assert store.last_claim(connection, "a") == 1
        assert store._version(connection) == 2


def test_a_locked_queue_is_waited_for(settings: Settings) -> None:
    with store.opened(settings) as holder:
        holder.execute("BEGIN IMMEDIATE")

        def insert() -> None:
            with store.opened(settings) as connection, store.transaction(connection):
                add(connection, "0" * 16)

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(insert)
            time.sleep(0.3)
            assert not waiting.done()
            holder.execute("COMMIT")
            waiting.result(timeout=10)


def test_a_queue_that_stays_locked_is_an_error_that_names_the_setting(settings: Settings) -> None:
    hurried = settings.model_copy(update={"database_wait_seconds": 0.2})
    with store.opened(settings) as holder:
        holder.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        with pytest.raises(Unusable, match=r"database_wait_seconds = 0\.2"), store.opened(hurried) as other, store.transaction(other):
            pass
        assert time.monotonic() - started < 5
        holder.execute("ROLLBACK")


def test_the_default_wait_is_thirty_seconds(settings: Settings) -> None:
    with store.opened(settings) as connection:
        assert connection.execute("PRAGMA busy_timeout").fetchone()[0] == 30_000


def test_a_process_of_a_deleted_data_folder_does_not_bring_it_back(settings: Settings) -> None:
    with pytest.raises(Unusable), store.opened(settings, create=False):
        pass
    assert not settings.home.exists()


def test_a_change_counts_only_for_the_state_and_start_it_was_made_for(connection: sqlite3.Connection) -> None:
    add(connection, "0" * 16)
    queued = store.row(connection, "0" * 16)
    assert store.change(connection, queued, state=JobState.STARTING, token="one")
    assert not store.change(connection, queued, state=JobState.STOPPED)
    starting = store.row(connection, "0" * 16)
    assert (starting.state, starting.token) == (JobState.STARTING, "one")
    assert store.change(connection, starting, token="two")
    assert not store.change(connection, starting, state=JobState.RUNNING)


def test_a_failed_transaction_leaves_nothing(connection: sqlite3.Connection) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction(connection):
        add(connection, "0" * 16)
        raise ZeroDivisionError
    assert store.rows(connection) == []


def test_a_full_disk_is_told_as_one_and_the_queue_goes_on_when_there_is_room(settings: Settings, connection: sqlite3.Connection) -> None:
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full") as full, store.transaction(connection):
        add(connection, "0" * 16)
        connection.execute("UPDATE jobs SET title = ?", ("x" * 100_000,))
    told = store.unusable(settings, full.value)
    assert isinstance(told, CannotWrite)
    assert "free space on the disk" in told.expected
    connection.execute("PRAGMA max_page_count = 1000000")
    with store.transaction(connection):
        add(connection, "1" * 16)
    assert [row.id for row in store.rows(connection)] == ["1" * 16]

"""Whose turn it is."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import LimitReached
from core.jobs import queue, store
from core.jobs.runner import record_process
from core.processes import Identity
from core.schema import JobState
from core.settings import Settings


def fill(connection: sqlite3.Connection, owners: str) -> list[str]:
    """One queued job per letter, each for the owner of that letter; returns the ids."""
    ids = [f"{number:016x}" for number in range(len(owners))]
    for job_id, owner in zip(ids, owners, strict=True):
        store.insert(connection, job_id, kind="rehearsal", owner=owner, title="", created=1.0, total=1)
    return ids


def order(connection: sqlite3.Connection) -> list[int]:
    return [int(job_id, 16) for job_id, _ in sorted(queue.places(connection).items(), key=lambda item: item[1])]


def test_one_owner_waits_in_order(connection: sqlite3.Connection) -> None:
    fill(connection, "aaa")
    assert order(connection) == [0, 1, 2]


def test_each_owners_first_job_comes_before_anybodys_second(connection: sqlite3.Connection) -> None:
    fill(connection, "aaaabbc")
    assert order(connection) == [0, 4, 6, 1, 5, 2, 3]


def test_the_owner_who_has_just_had_a_turn_goes_last(settings: Settings, connection: sqlite3.Connection) -> None:
    fill(connection, "aab")
    assert queue.claim_next(settings, connection).owner == "a"
    assert order(connection) == [2, 1]


def test_a_place_gets_no_worse_when_anothers_job_ends(settings: Settings, connection: sqlite3.Connection) -> None:
    fill(connection, "aaabb")
    running = queue.claim_next(settings, connection)
    assert order(connection) == [3, 1, 4, 2]
    store.change(connection, running, state=JobState.DONE, token=None)
    assert order(connection) == [3, 1, 4, 2]


def test_places_count_from_one(connection: sqlite3.Connection) -> None:
    ids = fill(connection, "ab")
    assert queue.places(connection) == {ids[0]: 1, ids[1]: 2}


def test_a_claimed_job_is_starting_with_a_token_and_no_process(settings: Settings, connection: sqlite3.Connection) -> None:
    fill(connection, "a")
    row = queue.claim_next(settings, connection)
    assert row.state == JobState.STARTING
    assert len(row.token) == 32
    assert row.identity is None


@pytest.mark.parametrize(("most", "each", "started"), [(2, 2, "ab"), (3, 1, "ab"), (3, 2, "aab"), (1, 1, "a"), (9, 9, "aaaabb")])
def test_limits_hold_in_all_and_per_owner(settings: Settings, connection: sqlite3.Connection, most: int, each: int, started: str) -> None:
    limited = settings.model_copy(update={"max_running_jobs": most, "max_running_jobs_per_owner": each})
    fill(connection, "aaaabb")
    claimed = []
    while row := queue.claim_next(limited, connection):
        claimed.append(row.owner)
    assert "".join(sorted(claimed)) == started


def test_many_schedulers_at_once_never_exceed_the_limit(settings: Settings, connection: sqlite3.Connection) -> None:
    limited = settings.model_copy(update={"max_running_jobs": 3, "max_running_jobs_per_owner": 2})
    fill(connection, "abcd" * 10)

    def claim(_: int) -> str | None:
        with store.opened(limited) as own:
            row = queue.claim_next(limited, own)
            return row.id if row else None

    with ThreadPoolExecutor(8) as pool:
        claimed = [job_id for job_id in pool.map(claim, range(40)) if job_id]
    assert len(claimed) == len(set(claimed)) == 3


def test_the_queue_of_an_owner_has_an_end(settings: Settings, connection: sqlite3.Connection) -> None:
    limited = settings.model_copy(update={"max_queued_jobs_per_owner": 2})
    fill(connection, "aa")
    queue.check_room(limited, connection, "b")
    with pytest.raises(LimitReached, match="max_queued_jobs_per_owner = 2"):
        queue.check_room(limited, connection, "a")


def test_kinds_that_wait_for_the_parent_stay_in_the_queue(settings: Settings, connection: sqlite3.Connection) -> None:
    fill(connection, "a")
    assert queue.claim_next(settings, connection, kinds=frozenset({"predict"})) is None
    assert queue.claim_next(settings, connection, kinds=frozenset({"rehearsal"})) is not None


def test_a_process_that_has_noted_itself_is_not_overwritten(settings: Settings, connection: sqlite3.Connection) -> None:
    fill(connection, "a")
    token = queue.claim_next(settings, connection).token
    record_process(settings, token, Identity(11, 1.5))
    record_process(settings, token, Identity(12, 1.5))
    assert store.row(connection, "0" * 16).identity == Identity(11, 1.5)


def test_demos_have_places_of_their_own(settings: Settings, connection: sqlite3.Connection) -> None:
    limited = settings.model_copy(update={"max_running_jobs": 1, "max_running_demos": 2, "max_running_demos_per_owner": 1})
    for number, (kind, owner) in enumerate([("demo", "a"), ("demo", "a"), ("demo", "b"), ("demo", "c"), ("rehearsal", "a")]):
        store.insert(connection, f"{number:016x}", kind=kind, owner=owner, title="", created=1.0, total=1)
    claimed = []
    while row := queue.claim_next(limited, connection):
        claimed.append((row.kind, row.owner))
    assert sorted(claimed) == [("demo", "a"), ("demo", "b"), ("rehearsal", "a")]

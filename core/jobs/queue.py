"""Whose turn it is: a fair order among owners, limits per owner and in all."""

from __future__ import annotations

import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterable

from core.errors import LimitReached
from core.jobs import store
from core.jobs.store import Row
from core.schema import ACTIVE_STATES, JobState
from core.settings import Settings

SERVING = "demo"
"""The kind of jobs that wait for visitors and not for a result: they have places of their own, or they would block everybody's work."""


def fair_order(connection: sqlite3.Connection, active: Iterable[Row]) -> list[Row]:
    """The queued jobs among ``active`` in the order in which they get their turn.

    Owners take turns: each one's first job comes before anybody's second, and the owner whose last turn is longest ago goes
    first. So whoever submits fifty jobs waits for the others, not they for the fifty, and the end of somebody's job makes
    nobody's place worse.
    """
    queued = sorted((row for row in active if row.state == JobState.QUEUED), key=lambda row: row.position)
    last = {owner: store.last_claim(connection, owner) for owner in {row.owner for row in queued}}
    waiting: Counter[str] = Counter()
    ranked = []
    for row in queued:
        ranked.append((waiting[row.owner], last[row.owner], row.position, row))
        waiting[row.owner] += 1
    return [row for *_, row in sorted(ranked, key=lambda entry: entry[:3])]


def places(connection: sqlite3.Connection) -> dict[str, int]:
    """Job id to place in the queue, counted from 1."""
    order = fair_order(connection, store.in_states(connection, ACTIVE_STATES))
    return {row.id: place for place, row in enumerate(order, start=1)}


def check_room(settings: Settings, connection: sqlite3.Connection, owner: str) -> None:
    """Refuses another queued job of an owner who has too many.

    Raises:
        LimitReached: ``max_queued_jobs_per_owner`` jobs wait already.
    """
    waiting = connection.execute("SELECT count(*) FROM jobs WHERE state = 'queued' AND owner = ?", (owner,)).fetchone()[0]
    if waiting >= settings.max_queued_jobs_per_owner:
        raise LimitReached(
            f"at most max_queued_jobs_per_owner = {settings.max_queued_jobs_per_owner} waiting jobs",
            f"{waiting} that wait already",
            "Wait for one of them to start, or stop one.",
        )


def claim_next(settings: Settings, connection: sqlite3.Connection, kinds: frozenset[str] | None = None) -> Row | None:
    """Takes the job whose turn it is out of the queue, if the limits allow one more.

    The whole choice is one transaction: two schedulers together do not exceed a limit. The job is then ``starting`` with a
    token that only its new process gets, and no process exists yet: dying here loses nothing.

    Args:
        kinds: kinds of jobs that may be started now; ``None`` for all.
    """
    with store.transaction(connection):
        active = store.in_states(connection, ACTIVE_STATES)
        for row in fair_order(connection, active):
            if (kinds is None or row.kind in kinds) and _has_place(settings, active, row):
                claimed = store.next_claim(connection)
                store.change(connection, row, state=JobState.STARTING, token=secrets.token_hex(16), claimed=claimed, pid=None, born=None)
                return store.row(connection, row.id)
    return None


def _has_place(settings: Settings, active: Iterable[Row], row: Row) -> bool:
    """Whether the limits allow a job to start now, beside those of its like that have."""
    busy = Counter(other.owner for other in active if other.state != JobState.QUEUED and (other.kind == SERVING) == (row.kind == SERVING))
    if row.kind == SERVING:
        return busy.total() < settings.max_running_demos and busy[row.owner] < settings.max_running_demos_per_owner
    return busy.total() < settings.max_running_jobs and busy[row.owner] < settings.max_running_jobs_per_owner

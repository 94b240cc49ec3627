"""The table of jobs in SQLite. Short transactions; every change is guarded by the state or token it expects."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from core.errors import CannotWrite, SheetformerError, Unusable
from core.files import no_room, writing
from core.processes import Identity
from core.schema import ACTIVE_STATES, JobState
from core.settings import Settings

VERSION_1 = (
    """
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        owner TEXT NOT NULL,
        title TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'starting', 'running', 'stopping', 'stopped', 'failed', 'done')),
        position INTEGER NOT NULL,
        created REAL NOT NULL,
        started REAL,
        ended REAL,
        attempt INTEGER NOT NULL DEFAULT 1,
        crashes INTEGER NOT NULL DEFAULT 0,
        retry_failed INTEGER NOT NULL DEFAULT 0,
        token TEXT,
        pid INTEGER,
        born REAL,
        error TEXT,
        rows_done INTEGER NOT NULL DEFAULT 0,
        rows INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID
    """,
    "CREATE INDEX jobs_by_state ON jobs (state, position)",
    "CREATE INDEX jobs_by_owner ON jobs (owner, created)",
    "CREATE INDEX jobs_by_time ON jobs (created)",
    "CREATE TABLE servers (pid INTEGER PRIMARY KEY, born REAL NOT NULL)",
)

TOKEN_VARIABLE = "SHEETFORMER_JOB_TOKEN"
"""Environment variable that carries the token of a start, so that all its processes can be found."""

PASSING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
"""Errors of a queue that somebody else is using: to be waited for, not worked around."""

STARTED_STATES = ACTIVE_STATES - {JobState.QUEUED}


@dataclass(frozen=True)
class Row:
    """One job as the queue knows it.

    Args:
        position: order in the queue; a job that is submitted again goes to the end.
        claimed: number of its latest start, counted over all jobs; says which owner had a turn last.
        crashes: crashed attempts since the user last started the job.
        token: random text of the present start; whoever does not know it may not change the job.
        pid: process of the present start, with ``born`` its identity.
    """

    id: str
    kind: str
    owner: str
    title: str
    state: JobState
    position: int
    claimed: int | None
    created: float
    started: float | None
    ended: float | None
    attempt: int
    crashes: int
    retry_failed: bool
    token: str | None
    pid: int | None
    born: float | None
    error: str | None
    rows_done: int
    rows: int

    @property
    def identity(self) -> Identity | None:
        """The process of the present start, where it is known."""
        return Identity(self.pid, self.born or 0.0) if self.pid is not None else None


def database_path(settings: Settings) -> Path:
    return settings.home / "jobs.sqlite"


def connect(settings: Settings, *, create: bool = True) -> sqlite3.Connection:
    """Opens the queue; its tables are made or brought up to date first.

    Args:
        create: make the data folder and the file when they are not there. Processes that a data folder has started must
            not bring it back after somebody has deleted it.

    Raises:
        sqlite3.OperationalError: the file is not there, or stayed locked for ``database_wait_seconds``.
        Unusable: the file was written by a newer version.
    """
    if create:
        with writing(settings.home):
            settings.home.mkdir(parents=True, exist_ok=True)
    connection = _open(settings, "mode=rwc" if create else "mode=rw")
    try:
        connection.execute("PRAGMA synchronous = FULL")
        _bring_up_to_date(settings, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(settings: Settings) -> sqlite3.Connection:
    """Like :func:`connect`, also where nothing can be written: on a full disk, or in a folder that is only lent.

    Such a connection sees the queue as it stands; a change through it raises.
    """
    try:
        return connect(settings)
    except (sqlite3.OperationalError, CannotWrite) as error:
        is_new = not database_path(settings).exists()
        if is_new or (isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in PASSING):
            raise
        # In WAL mode even a reader writes: the index of the log. Without a log there is nothing to coordinate.
        log = database_path(settings).with_name(f"{database_path(settings).name}-wal")
        in_use = log.exists() and log.stat().st_size > 0
        connection = _open(settings, "mode=ro" if in_use else "mode=ro&immutable=1")
        try:
            _version(connection)
        except sqlite3.DatabaseError:
            connection.close()
            raise error from None
        return connection


def _open(settings: Settings, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{database_path(settings).as_uri()}?{how}",
        uri=True,
        timeout=settings.database_wait_seconds,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    return connection


@contextmanager
def opened(settings: Settings, *, create: bool = True, to_read: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection for a few statements.

    Args:
        to_read: see :func:`connect_to_read`.

    Raises:
        CannotWrite: the disk is full, or the data folder must not be written.
        SheetformerError: the queue cannot be used now; the message says why.
    """
    try:
        connection = connect_to_read(settings) if to_read else connect(settings, create=create)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise unusable(settings, error) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Holds the write lock of the queue for the block; all of it counts or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # of some errors, such as a full disk, SQLite has rolled back by itself
            connection.execute("ROLLBACK")
        raise


def unusable(settings: Settings, error: sqlite3.DatabaseError) -> SheetformerError:
    """What to tell the user when the queue's file does not answer."""
    if "locked" in str(error) or "busy" in str(error):
        return Unusable(
            f"the queue of jobs to answer within database_wait_seconds = {settings.database_wait_seconds:g}",
            "a file that another process keeps locked",
            f"Try again; close other programs that have {database_path(settings).name} open.",
        )
    full = no_room(error, settings.home)
    if full is not None:
        return full
    if "disk I/O error" in str(error):  # what SQLite says of a full disk depends on which of its files has met it
        return CannotWrite(
            f"free space on the disk of {settings.home}, and no faults on it",
            f'"{error}"',
            "Free some space there, then try again; if that does not help, check the disk.",
        )
    if "readonly" in str(error) or (settings.home.is_dir() and not os.access(settings.home, os.W_OK)):
        return CannotWrite(
            f"a folder that can be written at {settings.home}",
            "one that must only be read",
            "Make it writable, or choose another data folder with SHEETFORMER_HOME.",
        )
    return Unusable(
        "a queue of jobs that can be read and written",
        f"{type(error).__name__}: {error}",
        f"Check that {database_path(settings)} is there, on a local disk with free space.",
    )


def rows(connection: sqlite3.Connection, where: str = "1", arguments: tuple = (), *, tail: str = "") -> list[Row]:
    """Jobs that fulfil a condition written by this room; values go through ``arguments``."""
    found = connection.execute(f"SELECT * FROM jobs WHERE {where} {tail}", arguments)
    return [_row(record) for record in found]


def row(connection: sqlite3.Connection, job_id: str) -> Row | None:
    found = rows(connection, "id = ?", (job_id,))
    return found[0] if found else None


def in_states(connection: sqlite3.Connection, states: frozenset[JobState]) -> list[Row]:
    """Jobs in these states in the order of the queue."""
    marks = ", ".join("?" * len(states))
    return rows(connection, f"state IN ({marks})", tuple(sorted(states)), tail="ORDER BY position")


def insert(connection: sqlite3.Connection, job_id: str, *, kind: str, owner: str, title: str, created: float, total: int) -> None:
    """Adds a job at the end of the queue."""
    connection.execute(
        "INSERT INTO jobs (id, kind, owner, title, state, position, created, rows) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (job_id, kind, owner, title, JobState.QUEUED, next_position(connection), created, total),
    )


def change(connection: sqlite3.Connection, old: Row, **values: object) -> bool:
    """Changes a job if it is still in the state and start that ``old`` says.

    Returns:
        Whether it was; when not, somebody else was first and nothing is changed.
    """
    columns = ", ".join(f"{name} = ?" for name in values)
    changed = connection.execute(
        f"UPDATE jobs SET {columns} WHERE id = ? AND state = ? AND token IS ? AND attempt = ?",
        (*values.values(), old.id, old.state, old.token, old.attempt),
    )
    return changed.rowcount == 1


def next_position(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT coalesce(max(position), 0) + 1 FROM jobs").fetchone()[0]


def next_claim(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT coalesce(max(claimed), 0) + 1 FROM jobs").fetchone()[0]


def last_claim(connection: sqlite3.Connection, owner: str) -> int:
    """Number of the latest start of any of an owner's jobs; 0 when none was ever started."""
    return connection.execute("SELECT coalesce(max(claimed), 0) FROM jobs WHERE owner = ?", (owner,)).fetchone()[0]


def _row(record: sqlite3.Row) -> Row:
    values = dict(record)
    values["state"] = JobState(values["state"])
    values["retry_failed"] = bool(values["retry_failed"])
    return Row(**values)


def _to_version_1(connection: sqlite3.Connection) -> None:
    for statement in VERSION_1:
        connection.execute(statement)


def _to_version_2(connection: sqlite3.Connection) -> None:
    """Adds the number of a job's latest start. Some files of version 1 have it, from before it counted as a version."""
    if "claimed" not in {record["name"] for record in connection.execute("PRAGMA table_info(jobs)")}:
        connection.execute("ALTER TABLE jobs ADD COLUMN claimed INTEGER")
    connection.execute("CREATE INDEX IF NOT EXISTS jobs_by_claim ON jobs (owner, claimed)")
    connection.execute("CREATE INDEX IF NOT EXISTS jobs_by_turn ON jobs (claimed)")


MIGRATIONS = (_to_version_1, _to_version_2)
"""The steps by which version 0 becomes 1, 1 becomes 2, and so on. Never edit one: add one."""


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _bring_up_to_date(settings: Settings, connection: sqlite3.Connection) -> None:
    version = _version(connection)
    if version == len(MIGRATIONS):
        return
    if version > len(MIGRATIONS):
        raise Unusable(
            f"a queue of version {len(MIGRATIONS)} or older",
            f"version {version}, written by a newer Sheetformer",
            "Use the newer version, or another data folder (SHEETFORMER_HOME).",
        )
    # SQLite does not wait for the lock while it changes to WAL: only one process may try.
    with FileLock(f"{database_path(settings)}.lock", timeout=settings.database_wait_seconds):
        connection.execute("PRAGMA journal_mode = WAL")
        for number in range(_version(connection), len(MIGRATIONS)):
            with transaction(connection):
                MIGRATIONS[number](connection)
                connection.execute(f"PRAGMA user_version = {number + 1}")

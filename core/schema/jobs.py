"""A job: a run in the queue."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class JobState(StrEnum):
    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


ACTIVE_STATES = frozenset({JobState.QUEUED, JobState.STARTING, JobState.RUNNING, JobState.STOPPING})
FINAL_STATES = frozenset({JobState.STOPPED, JobState.FAILED, JobState.DONE})


class Job(BaseModel):
    """One row of the queue. Times are seconds since 1970, UTC. ``place`` counts queued jobs from 1.

    ``unnoted``: its process is gone and the queue cannot be changed, as on a full disk; ``state`` is the last that was noted,
    and ``error`` says what to do.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str
    state: JobState
    owner: str
    title: str = ""
    created: float
    started: float | None = None
    ended: float | None = None
    attempt: int = 1
    retry_failed: bool = False
    pid: int | None = None
    error: str | None = None
    rows_done: int = 0
    rows: int = 0
    place: int | None = None
    unnoted: bool = False


class Progress(BaseModel):
    """How far a run is. ``rows_per_second`` is measured over the present attempt; ``seconds_left`` follows from it."""

    model_config = ConfigDict(frozen=True)

    stage: str
    rows_done: int
    rows: int
    failed: int = 0
    rows_per_second: float | None = None
    seconds_left: float | None = None
    time: float

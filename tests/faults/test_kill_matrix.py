"""Real SIGKILLs at every kind of process in every state of a job: no row lost, none twice, no process left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core import jobs
from core.runs import open_run
from core.schema import FINAL_STATES, Job, JobState, RehearsalSpec
from core.settings import Settings
from tests.faults.rig import OWNER, STATES, VICTIMS, Rig, frozen_in, keys_written

SMALL = RehearsalSpec(rows=60, part_rows=10, seconds_per_part=0.05)
LARGE = RehearsalSpec(rows=100_000, part_rows=10_000, seconds_per_part=0.02)  # parts that take a while to write


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    settings = Settings(
        home=tmp_path / "home",
        max_running_jobs=1,
        idle_exit_seconds=0.5,
        stop_grace_seconds=1.0,
        quick_start_modules=(),  # the parent forks in the same way, and is there sooner
        quick_start_free_mb=0,
    )
    rig = Rig(settings)
    try:
        rig.start_server()
        yield rig
    finally:
        rig.end_all()


@pytest.mark.slow
@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("state", STATES)
def test_kill(rig: Rig, state: str, victim: str) -> None:
    spec = LARGE if state == "writing" else SMALL

    def submit() -> Job:
        return jobs.submit(rig.settings, spec, owner=OWNER)

    with frozen_in(rig, state, submit) as (job_id, worker_of):
        before = {job.id for job in jobs.list_jobs(rig.settings)}
        rig.kill(victim, worker_of)
        if state == "stopping":  # held, so that it cannot be done before anybody stops it
            rig.restart()
            assert rig.await_state(job_id, *FINAL_STATES).state == JobState.STOPPED
    rig.restart()
    if state == "stopping":
        jobs.resume(rig.settings, job_id, owner=OWNER)
    for each in before:
        job = rig.await_state(each, *FINAL_STATES)
        assert job.state == JobState.DONE, job.error
        assert job.attempt == _attempts(state, victim, killed=each == worker_of)
        check_rows(rig.settings, each, spec)
    assert {job.id for job in jobs.list_jobs(rig.settings)} == before
    rig.leave()


def _attempts(state: str, victim: str, *, killed: bool) -> int:
    """A process that dies with its job is started once more; one that survives its scheduler is adopted."""
    if state == "stopping":
        return 2  # resumed by the user
    return 2 if killed and victim in ("worker", "all") else 1


def check_rows(settings: Settings, job_id: str, spec: RehearsalSpec) -> None:
    """Every row is in exactly one part, and in the result once and in order."""
    run = open_run(settings, job_id)
    written = keys_written(run)
    assert sorted(written) == list(range(spec.rows))
    assert set(written.values()) == {1}
    result = pq.read_table(run.result_path)
    assert result["row"].to_pylist() == list(range(spec.rows))
    assert result["prediction"].to_pylist() == [str(row**2) for row in range(spec.rows)]
    assert result["error"].null_count == spec.rows

"""The rules that the job engine was built on, each seen from outside with real processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core import jobs, processes
from core.jobs import keeper, store
from core.jobs.scheduler import Scheduler
from core.runs import list_parts, open_run
from core.runs.layout import read_json
from core.schema import FINAL_STATES, Job, JobState, RehearsalSpec
from core.settings import Settings
from tests.faults.rig import Rig, eventually

SLOW = RehearsalSpec(rows=1000, part_rows=10, seconds_per_part=0.2)
SHORT = RehearsalSpec(rows=20, part_rows=10, seconds_per_part=0.05)


@pytest.fixture
def forking(tmp_path: Path) -> Iterator[Rig]:
    """A server with a warm parent that has imported next to nothing."""
    settings = Settings(
        home=tmp_path / "home", idle_exit_seconds=0.5, stop_grace_seconds=0.5, quick_start_modules=(), quick_start_free_mb=0
    )
    rig = Rig(settings)
    try:
        rig.start_server()
        yield rig
    finally:
        rig.end_all()


def started(settings: Settings, spec: RehearsalSpec = SLOW, owner: str = "a") -> tuple[Job, processes.Identity]:
    """A job with a first part, and its process."""
    job = jobs.submit(settings, spec, owner=owner)
    eventually("a first part", lambda: list_parts(open_run(settings, job.id)))
    with store.opened(settings) as connection:
        return job, store.row(connection, job.id).identity


def await_end(settings: Settings, job: Job) -> Job:
    """Only looks: whoever submitted, stopped or resumed the job has seen to it that a scheduler lives."""
    eventually("the end of the job", lambda: jobs.get(settings, job.id).state in FINAL_STATES, nap=0.02)
    return jobs.get(settings, job.id)


def test_1_the_scheduler_starts_with_the_server_and_without_a_visitor(forking: Rig) -> None:
    assert processes.alive(forking.scheduler())
    assert processes.alive(forking.parent())
    forking.leave()


@pytest.mark.parametrize("quick_starts", [True, False])
def test_2_a_job_is_a_session_of_its_own_that_reads_nothing_and_writes_to_its_log(forking: Rig, quick_starts: bool) -> None:
    if not quick_starts:
        forking.settings = forking.settings.model_copy(update={"quick_starts": False})
        os.kill(forking.parent().pid, signal.SIGKILL)  # it comes back only after some seconds: until then jobs are spawned
    job, identity = started(forking.settings)
    process = psutil.Process(identity.pid)
    command = process.cmdline()
    assert ("core.worker.parent" in command) == quick_starts
    assert os.getsid(identity.pid) == identity.pid
    assert process.environ()["SHEETFORMER_HOME"] == str(forking.settings.home)
    files = {number: (Path("/proc") / str(identity.pid) / "fd" / str(number)).readlink() for number in range(3)}
    log = open_run(forking.settings, job.id).log_path
    assert files == {0: Path(os.devnull), 1: log, 2: log}
    jobs.stop(forking.settings, job.id, owner="a")
    assert await_end(forking.settings, job).state == JobState.STOPPED


def test_3_how_an_attempt_ended_is_read_from_its_last_word_by_a_scheduler_that_did_not_start_it(real: Settings) -> None:
    job, worker = started(real, RehearsalSpec(rows=100, part_rows=10, seconds_per_part=0.15))
    os.kill(keeper.scheduler_identity(real).pid, signal.SIGKILL)
    eventually("the end of the process", lambda: not processes.alive(worker))
    assert read_json(open_run(real, job.id).final_path(1))["state"] == "done"
    jobs.ensure_scheduler(real)
    ended = await_end(real, job)
    assert (ended.state, ended.attempt, ended.rows_done) == (JobState.DONE, 1, 100)


def test_4_a_stop_is_obeyed_at_once_by_a_job_that_listens(forking: Rig) -> None:
    job, worker = started(forking.settings)
    asked = time.monotonic()
    jobs.stop(forking.settings, job.id, owner="a")
    eventually("the end of the process", lambda: not processes.alive(worker))
    assert time.monotonic() - asked < forking.settings.stop_grace_seconds + 1
    assert await_end(forking.settings, job).error is None
    assert read_json(open_run(forking.settings, job.id).final_path(1))["state"] == "stopped"


def test_4_a_stop_works_while_no_scheduler_lives(real: Settings) -> None:
    job, worker = started(real)
    processes.kill({scheduler := keeper.scheduler_identity(real)})
    eventually("a dead scheduler", lambda: not processes.alive(scheduler))
    jobs.stop(real, job.id, owner="a")
    assert await_end(real, job).state == JobState.STOPPED
    assert not processes.alive(worker)


def test_5_a_job_whose_scheduler_died_before_there_was_a_process_is_started_once(real: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.api, "ensure_scheduler", lambda settings: None)
    job = jobs.submit(real, SHORT, owner="a")
    with store.opened(real) as connection:
        row = jobs.api.queue.claim_next(real, connection)
    assert row.state == JobState.STARTING
    monkeypatch.undo()
    jobs.ensure_scheduler(real)
    ended = await_end(real, job)
    assert (ended.state, ended.attempt) == (JobState.DONE, 1)


def test_6_a_resumed_job_keeps_its_parts(real: Settings) -> None:
    job, _ = started(real, RehearsalSpec(rows=60, part_rows=10, seconds_per_part=0.1))
    jobs.stop(real, job.id, owner="a")
    assert await_end(real, job).state == JobState.STOPPED
    parts = {path.name: path.stat().st_ino for path in list_parts(open_run(real, job.id))}
    jobs.resume(real, job.id, owner="a")
    ended = await_end(real, job)
    assert (ended.state, ended.attempt, ended.rows_done) == (JobState.DONE, 2, 60)
    now = {path.name: path.stat().st_ino for path in list_parts(open_run(real, job.id))}
    assert parts.items() <= now.items()
    assert len(now) == 6


@pytest.mark.parametrize("quick_starts", [True, False])
def test_7_a_kill_that_nobody_asked_for_is_told_and_forgiven_once(forking: Rig, real: Settings, quick_starts: bool) -> None:
    settings = forking.settings if quick_starts else real.model_copy(update={"home": real.home / "other"})
    job, first = started(settings)
    os.kill(first.pid, signal.SIGKILL)
    again = eventually(
        "a second attempt", lambda: (now := jobs.get(settings, job.id)).state == JobState.RUNNING and now.attempt == 2 and now
    )
    assert again.error == "The process was killed, probably out of memory. It is started again, once."
    os.kill(again.pid, signal.SIGKILL)
    ended = await_end(settings, job)
    assert (ended.state, ended.attempt) == (JobState.FAILED, 2)
    assert ended.error == "The process was killed, probably out of memory."
    processes.kill(processes.processes_of(settings))


def test_7_the_kernel_takes_the_job_before_the_server(forking: Rig) -> None:
    _, worker = started(forking.settings)
    score = (Path("/proc") / str(worker.pid) / "oom_score_adj").read_text()
    parent_score = (Path("/proc") / str(forking.parent().pid) / "oom_score_adj").read_text()
    assert (int(score), int(parent_score)) == (500, 0)


def test_8_several_owners_take_turns(real: Settings) -> None:
    settings = real.model_copy(update={"max_running_jobs": 1})
    blocker, _ = started(settings, owner="a")
    second = jobs.submit(settings, SHORT, owner="a")
    other = jobs.submit(settings, SHORT, owner="b")
    assert [jobs.get(settings, job.id).place for job in (blocker, second, other)] == [None, 2, 1]
    jobs.stop(settings, blocker.id, owner="a")
    first, last = await_end(settings, other), await_end(settings, second)
    assert first.state == last.state == JobState.DONE
    assert first.started < last.started


def test_8_two_schedulers_at_once_never_exceed_the_limit(real: Settings) -> None:
    """The lock keeps a second scheduler away; if it ever fails, the limits hold all the same."""
    submitted = [jobs.submit(real, SHORT, owner=f"owner-{number}") for number in range(6)]
    eventually("a scheduler", lambda: keeper.scheduler_identity(real))
    second = Scheduler(real, lock=-1)
    most = 0
    while second.tick():
        listed = jobs.list_jobs(real)
        most = max(most, sum(job.state in store.STARTED_STATES for job in listed))
        time.sleep(0.01)
    second.connection.close()
    assert 0 < most <= real.max_running_jobs
    assert {(job.id, job.state, job.attempt) for job in jobs.list_jobs(real)} == {(job.id, JobState.DONE, 1) for job in submitted}


def test_9_after_a_restart_of_the_whole_machine_a_job_goes_on(forking: Rig) -> None:
    """Everything dies at once, as in a container; whoever looks first brings the queue back."""
    job, _ = started(forking.settings, RehearsalSpec(rows=60, part_rows=10, seconds_per_part=0.1))
    forking.kill("all", job.id)
    kept = len(list_parts(open_run(forking.settings, job.id)))
    assert kept
    jobs.ensure_scheduler(forking.settings)
    ended = await_end(forking.settings, job)
    assert (ended.state, ended.attempt, ended.rows_done) == (JobState.DONE, 2, 60)


def test_9_a_shutdown_that_asks_first_leaves_a_job_to_resume(real: Settings) -> None:
    job, worker = started(real)
    processes.send(worker, signal.SIGTERM)
    ended = await_end(real, job)
    assert ended.state == JobState.STOPPED
    assert "SIGTERM" in ended.error

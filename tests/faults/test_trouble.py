"""What is neither a kill nor a full disk: a scheduler that hangs, damaged folders, two servers, a clock that jumps."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core import jobs, processes
from core.cli.follow import follow
from core.jobs import keeper
from core.runs import list_parts, open_run
from core.runs.layout import RunFolder, runs_folder
from core.schema import FINAL_STATES, Job, JobState, RehearsalSpec
from core.settings import Settings
from tests.faults.rig import OWNER, Rig, eventually, keys_written, stopped

pytestmark = pytest.mark.slow
SLOW = RehearsalSpec(rows=1000, part_rows=10, seconds_per_part=0.2)
SHORT = RehearsalSpec(rows=60, part_rows=10, seconds_per_part=0.05)
PATIENCE_SECONDS = 3.0

# Every process of ours takes the time from a clock that somebody can set.
CLOCK = """
import os, time
clock = time.time

def set_clock():
    try:
        with open(os.environ["CLOCK_SHIFT"]) as file:
            return clock() + float(file.read())
    except (OSError, ValueError):
        return clock()

time.time = set_clock
"""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    settings = Settings(
        home=tmp_path / "home",
        idle_exit_seconds=0.5,
        stop_grace_seconds=1.0,
        quick_start_modules=(),
        quick_start_free_mb=0,
        scheduler_silence_seconds=PATIENCE_SECONDS,
        database_wait_seconds=PATIENCE_SECONDS,
    )
    rig = Rig(settings)
    try:
        yield rig
    finally:
        rig.end_all()


def at_work(rig: Rig, spec: RehearsalSpec = SLOW) -> Job:
    job = jobs.submit(rig.settings, spec, owner=OWNER)
    eventually("a first part", lambda: list_parts(open_run(rig.settings, job.id)))
    return job


def test_a_scheduler_that_hangs_is_replaced_and_its_jobs_go_on(rig: Rig) -> None:
    rig.start_server()
    to_stop = at_work(rig)
    to_finish = at_work(rig, RehearsalSpec(rows=100, part_rows=10, seconds_per_part=0.1))
    hanging = rig.scheduler()
    os.kill(hanging.pid, signal.SIGSTOP)
    jobs.stop(rig.settings, to_stop.id, owner=OWNER)
    waiting = jobs.submit(rig.settings, SHORT, owner=OWNER)
    assert rig.await_state(to_stop.id, *FINAL_STATES).state == JobState.STOPPED
    assert not processes.alive(hanging)
    assert rig.scheduler() not in (None, hanging)
    for job, spec in ((to_finish, 100), (waiting, 60)):
        ended = rig.await_state(job.id, *FINAL_STATES)
        assert (ended.state, ended.attempt, ended.rows_done) == (JobState.DONE, 1, spec)
        written = keys_written(open_run(rig.settings, job.id))
        assert (sorted(written), set(written.values())) == (list(range(spec)), {1}), "no row lost, none twice"
    assert "no sign of life" not in rig.scheduler_log(), "the new one has nothing to say about itself"
    rig.leave()


def test_a_command_that_follows_a_job_replaces_a_scheduler_that_hangs(rig: Rig) -> None:
    """Without a server nobody else would."""
    rig.settings = rig.settings.model_copy(update={"quick_starts": False})
    at_work(rig, SHORT)
    hanging = rig.scheduler()
    os.kill(hanging.pid, signal.SIGSTOP)
    assert follow(rig.settings, jobs.submit(rig.settings, SHORT, owner=OWNER)).state == JobState.DONE
    assert not processes.alive(hanging)


def test_a_machine_that_stands_still_blames_nobody(rig: Rig) -> None:
    """As after a suspend: everything stops, and the watcher wakes up first."""
    rig.start_server()
    job = at_work(rig)
    scheduler, worker = rig.scheduler(), rig.worker(job.id)
    with stopped(worker):
        os.kill(scheduler.pid, signal.SIGSTOP)
        os.kill(rig.server.pid, signal.SIGSTOP)
        time.sleep(PATIENCE_SECONDS + 2)
        os.kill(rig.server.pid, signal.SIGCONT)
        time.sleep(0.5)
        os.kill(scheduler.pid, signal.SIGCONT)
    time.sleep(2 * keeper.WATCH_SECONDS)
    assert rig.scheduler() == scheduler
    assert rig.worker(job.id) == worker


def no_folder(run: RunFolder) -> None:
    shutil.rmtree(run.path)


def a_file_instead(run: RunFolder) -> None:
    shutil.rmtree(run.path)
    run.path.write_text("no folder")


def no_spec(run: RunFolder) -> None:
    run.spec_path.unlink()


def half_a_spec(run: RunFolder) -> None:
    run.spec_path.write_bytes(run.spec_path.read_bytes()[:20])


def a_folder_for_a_log(run: RunFolder) -> None:
    run.log_path.mkdir()


def folders_for_words(run: RunFolder) -> None:
    for path in (run.progress_path, run.events_path, run.final_path(1), run.final_path(2)):
        path.mkdir()
        (path / "x").touch()


@pytest.mark.parametrize(
    ("damage", "quick_starts", "told"),
    [
        (no_folder, True, "gone or damaged: it has no spec.json"),
        (a_file_instead, False, "gone or damaged: it has no spec.json"),
        (no_spec, False, "gone or damaged: it has no spec.json"),
        (half_a_spec, True, "Expected a readable spec.json"),
        (a_folder_for_a_log, False, "The process could not be started: Is a directory (log.txt)."),
        (folders_for_words, False, "ended with code 1"),
    ],
)
def test_a_damaged_run_fails_alone_and_can_be_deleted(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, damage: Callable[[RunFolder], None], quick_starts: bool, told: str
) -> None:
    rig.settings = rig.settings.model_copy(update={"quick_starts": quick_starts, "max_running_jobs": 1})
    monkeypatch.setattr(jobs.api, "ensure_scheduler", lambda settings: None)
    damaged = jobs.submit(rig.settings, SHORT, owner=OWNER)
    healthy = jobs.submit(rig.settings, SHORT, owner=OWNER)
    monkeypatch.undo()
    damage(RunFolder(runs_folder(rig.settings) / damaged.id))
    if quick_starts:
        rig.start_server()
    else:
        jobs.ensure_scheduler(rig.settings)
    failed, done = rig.await_state(damaged.id, *FINAL_STATES), rig.await_state(healthy.id, *FINAL_STATES)
    assert (done.state, done.attempt, done.rows_done) == (JobState.DONE, 1, 60)
    assert failed.state == JobState.FAILED
    assert told in failed.error
    assert {job.id for job in jobs.list_jobs(rig.settings)} == {damaged.id, healthy.id}
    jobs.delete(rig.settings, damaged.id, owner=OWNER)
    assert [path.name for path in runs_folder(rig.settings).iterdir()] == [healthy.id]


def test_two_servers_share_one_scheduler_and_either_may_die(rig: Rig) -> None:
    rig.start_server()
    other = Rig(rig.settings)
    try:
        other.start_server()
        job = at_work(rig)
        scheduler, worker = rig.scheduler(), rig.worker(job.id)
        rig.kill("server", job.id)
        time.sleep(rig.settings.idle_exit_seconds + 1)
        assert (rig.scheduler(), rig.worker(job.id)) == (scheduler, worker)
        other.kill("scheduler", job.id)
        eventually("a new scheduler", lambda: other.scheduler() not in (None, scheduler))
        rig.start_server()
        commands = [psutil.Process(found.pid).cmdline() for found in processes.processes_of(rig.settings)]
        assert sum("core.jobs.scheduler" in command for command in commands) == 1
        assert rig.worker(job.id) == worker
        jobs.stop(rig.settings, job.id, owner=OWNER)
        assert rig.await_state(job.id, *FINAL_STATES).state == JobState.STOPPED
        other.server.terminate()
        other.server.wait()
        rig.leave()
    finally:
        other.end_all()


@pytest.mark.parametrize("hours", [-1, 24])
def test_a_clock_that_jumps_disturbs_no_job(rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(CLOCK)
    shift = tmp_path / "shift"
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "clock"))
    monkeypatch.setenv("CLOCK_SHIFT", str(shift))
    rig.start_server()
    job, to_stop = at_work(rig, RehearsalSpec(rows=200, part_rows=10, seconds_per_part=0.6)), at_work(rig)
    scheduler, worker = rig.scheduler(), rig.worker(job.id)
    shift.write_text(str(hours * 3600))
    assert run_with_clock("import time; print(time.time())") == pytest.approx(time.time() + hours * 3600, abs=600)
    time.sleep(PATIENCE_SECONDS + 2)
    assert (rig.scheduler(), rig.worker(job.id)) == (scheduler, worker)
    asked = time.monotonic()
    deaf = rig.worker(to_stop.id)
    jobs.stop(rig.settings, to_stop.id, owner=OWNER)
    assert rig.await_state(to_stop.id, *FINAL_STATES).state == JobState.STOPPED
    assert not processes.alive(deaf)
    assert time.monotonic() - asked < 30
    later = jobs.submit(rig.settings, SHORT, owner=OWNER)
    for each, rows in ((job, 200), (later, 60)):
        ended = rig.await_state(each.id, *FINAL_STATES)
        assert (ended.state, ended.attempt, ended.rows_done) == (JobState.DONE, 1, rows)
    assert jobs.resume(rig.settings, to_stop.id, owner=OWNER).state in (JobState.QUEUED, JobState.STARTING, JobState.RUNNING)
    jobs.stop(rig.settings, to_stop.id, owner=OWNER)
    rig.await_state(to_stop.id, *FINAL_STATES)
    rig.leave()


def run_with_clock(script: str) -> float:
    return float(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)

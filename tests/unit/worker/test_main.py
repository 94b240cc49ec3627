"""One attempt, from its lock to its last word, in real processes that an adopting scheduler looks after."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
import time

import psutil
import pytest

from core import jobs, processes
from core.files import TEMPORARY_PREFIX
from core.jobs import queue, store
from core.jobs.runner import NO_ROOM_EXIT, read_final
from core.runs import list_parts, open_run
from core.schema import FINAL_STATES, Job, JobState, RehearsalSpec
from core.settings import Settings
from core.worker import main
from tests.unit.worker.start import start


def await_end(settings: Settings, job: Job, process: subprocess.Popen) -> Job:
    process.wait(60)
    deadline = time.monotonic() + 60
    while (now := jobs.get(settings, job.id)).state not in FINAL_STATES and time.monotonic() < deadline:
        time.sleep(0.02)
    return now


@pytest.mark.parametrize(
    ("function", "error", "logged"),
    [
        ("known_error", "Expected a column named text; found none. Choose one.", "BadInput: Expected a column"),
        ("unknown_error", "ValueError: a\\x1b[2J cell\\nINFO all is well (the log has the details)", "ValueError: a\\x1b[2J cell\\nINFO"),
        ("hungry", "job_memory_mb = 500", "MemoryError"),
    ],
)
def test_an_error_fails_the_job_with_a_line_and_a_log(real: Settings, function: str, error: str, logged: str) -> None:
    settings = real.model_copy(update={"job_memory_mb": 500})
    job = await_end(settings, *start(settings, function))
    assert job.state == JobState.FAILED
    assert job.attempt == 1, "an error that the job could tell is no crash"
    assert error in job.error
    raw = open_run(settings, job.id).log_path.read_text()
    assert logged in raw
    assert "\x1b" not in raw
    assert not any(line.startswith("INFO") for line in raw.split("\n"))


@pytest.mark.parametrize("function", ["killed", "leaves_without_a_word", "segfault"])
def test_a_death_without_a_word_is_started_again(real: Settings, function: str) -> None:
    job = await_end(real, *start(real, function))
    assert (job.state, job.attempt) == (JobState.DONE, 2)
    assert read_final(open_run(real, job.id), 1) is None
    assert read_final(open_run(real, job.id), 2)[0] == JobState.DONE


def test_a_segfault_leaves_a_trace_in_the_log(real: Settings) -> None:
    job = await_end(real, *start(real, "segfault"))
    assert "Segmentation fault" in jobs.log_text(real, job.id)


def test_a_job_reads_nothing_from_a_terminal(real: Settings) -> None:
    assert await_end(real, *start(real, "reads_input")).state == JobState.DONE


def test_what_a_job_leaves_running_is_ended_with_it(real: Settings) -> None:
    job = await_end(real, *start(real, "leaves_a_child"))
    assert job.state == JobState.DONE
    deadline = time.monotonic() + 20
    while processes.processes_of(real) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes.processes_of(real) == []


def test_a_deaf_job_and_its_children_are_killed_within_grace_and_a_second(real: Settings) -> None:
    job, process = start(real, "deaf")
    deadline = time.monotonic() + 30
    while not (children := psutil.Process(process.pid).children()) and time.monotonic() < deadline:
        time.sleep(0.02)
    family = processes.family(processes.identify(process.pid))
    assert children
    asked = time.monotonic()
    jobs.stop(real, job.id, owner="a")
    process.wait(30)
    assert real.stop_grace_seconds <= time.monotonic() - asked < real.stop_grace_seconds + 1
    assert await_end(real, job, process).state == JobState.STOPPED
    assert not any(processes.alive(member) for member in family)


@pytest.mark.slow
def test_a_job_deep_inside_torch_is_gone_within_grace_and_a_second(real: Settings) -> None:
    job, process = start(real, "deep_in_torch")
    deadline = time.monotonic() + 120
    while jobs.get(real, job.id).rows == 100 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    asked = time.monotonic()
    jobs.stop(real, job.id, owner="a")
    process.wait(30)
    assert real.stop_grace_seconds <= time.monotonic() - asked < real.stop_grace_seconds + 1
    assert await_end(real, job, process).state == JobState.STOPPED


def test_a_process_with_an_old_token_leaves_everything_as_it_is(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.api, "ensure_scheduler", lambda settings: None)
    job = jobs.submit(settings, RehearsalSpec(), owner="a")
    with store.opened(settings) as connection:
        before = queue.claim_next(settings, connection)
    assert _work(settings, job.id, "old token").returncode == 0
    with store.opened(settings) as connection:
        assert store.row(connection, job.id) == before
    assert list_parts(open_run(settings, job.id)) == []


def test_a_process_that_finds_the_run_locked_leaves_it_alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.api, "ensure_scheduler", lambda settings: None)
    job = jobs.submit(settings, RehearsalSpec(), owner="a")
    with store.opened(settings) as connection:
        row = queue.claim_next(settings, connection)
    lock = os.open(open_run(settings, job.id).lock_path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    done = _work(settings, job.id, row.token)
    os.close(lock)
    assert done.returncode == 1
    assert "Another process works on this run" in done.stderr
    with store.opened(settings) as connection:
        assert store.row(connection, job.id) == row


def test_a_stop_that_came_before_the_process_is_obeyed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.api, "ensure_scheduler", lambda settings: None)
    job = jobs.submit(settings, RehearsalSpec(), owner="a")
    with store.opened(settings) as connection:
        row = queue.claim_next(settings, connection)
    jobs.stop(settings, job.id, owner="a")
    assert _work(settings, job.id, row.token).returncode == 0
    assert jobs.get(settings, job.id).state == JobState.STOPPED
    assert list_parts(open_run(settings, job.id)) == []


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, NO_ROOM_EXIT), (errno.EIO, 1)])
def test_an_attempt_that_cannot_leave_its_last_word_tells_a_full_disk_by_its_code(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    def cannot(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(jobs.api, "ensure_scheduler", lambda settings: None)
    monkeypatch.setattr(main, "write_final", cannot)
    monkeypatch.setattr(main, "listen_for_stop", threading.Event)
    for name in ("volunteer_for_oom", "limit_memory"):
        monkeypatch.setattr(main, name, lambda *_: None)
    job = jobs.submit(settings, RehearsalSpec(rows=1, seconds_per_part=0), owner="a")
    with store.opened(settings) as connection:
        row = queue.claim_next(settings, connection)
    monkeypatch.setenv(store.TOKEN_VARIABLE, "")
    assert main.work(settings, job.id, row.token) == code


def test_what_a_killed_attempt_was_writing_is_swept(real: Settings) -> None:
    job, process = start(real, "killed")
    leftover = open_run(real, job.id).parts / f"{TEMPORARY_PREFIX}0001-000000.parquet"
    leftover.write_bytes(b"half a part")
    assert await_end(real, job, process).state == JobState.DONE
    assert not leftover.exists()


def _work(settings: Settings, job_id: str, token: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "core.worker", job_id, "--token", token],
        cwd=processes.PROJECT_ROOT,
        env=processes.child_environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

"""The warm parent, spoken to as the scheduler does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core import jobs, processes
from core.jobs import forking, queue, store
from core.jobs.runner import read_final
from core.processes import Identity
from core.runs import open_run
from core.schema import JobState, RehearsalSpec
from core.settings import Settings


@contextmanager
def parent(settings: Settings, function: str = "") -> Iterator[tuple[subprocess.Popen, socket.socket]]:
    """A parent whose rehearsals run another function where one is named."""
    patch = f"kinds.KINDS['rehearsal'] = 'tests.unit.worker.jobs_that_misbehave:{function}';" if function else ""
    ours, theirs = socket.socketpair()
    settings.home.mkdir(exist_ok=True)
    with ours, theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", f"from core.worker import kinds, parent; {patch} parent.main()", "--link", str(theirs.fileno())],
            cwd=processes.PROJECT_ROOT,
            env=processes.child_environment(settings),
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()
        ours.settimeout(120)
        try:
            yield process, ours
        finally:
            process.kill()
            process.wait()
            processes.kill(processes.processes_of(settings))


def messages(link: socket.socket) -> Iterator[dict]:
    with link.makefile("r") as lines:
        yield from map(json.loads, lines)


def claimed(settings: Settings, monkeypatch: pytest.MonkeyPatch, spec: RehearsalSpec) -> store.Row:
    monkeypatch.setattr(jobs.api, "ensure_scheduler", lambda settings: None)
    jobs.submit(settings, spec, owner="a")
    with store.opened(settings) as connection:
        return queue.claim_next(settings, connection)


def ask(link: socket.socket, row: store.Row) -> None:
    link.sendall(json.dumps({"job": row.id, "token": row.token}).encode() + b"\n")


def test_it_forks_on_demand_and_tells_how_it_ended(real: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = real.model_copy(update={"quick_start_modules": ()})
    row = claimed(settings, monkeypatch, RehearsalSpec(rows=10, seconds_per_part=0))
    with parent(settings) as (process, link):
        answers = messages(link)
        assert "ready" in next(answers)
        ask(link, row)
        forked, ended = next(answers), next(answers)
        assert forked.keys() == {"token", "pid", "born"}
        assert forked["pid"] != process.pid
        assert ended == {"token": row.token, "code": 0}
        assert read_final(open_run(settings, row.id), 1)[0] == JobState.DONE
        link.shutdown(socket.SHUT_RDWR)
        assert process.wait(20) == 0, "it ends with the line"


def test_its_jobs_outlive_it_and_know_nothing_of_the_line(real: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = real.model_copy(update={"quick_start_modules": ()})
    row = claimed(settings, monkeypatch, RehearsalSpec(rows=100, seconds_per_part=1))
    with parent(settings) as (process, link):
        answers = messages(link)
        next(answers)
        ask(link, row)
        forked = next(answers)
        job = Identity(forked["pid"], forked["born"])
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert next(answers, None) is None, "the job must not keep the line open"
        assert processes.alive(job)


def test_a_killed_job_is_told_as_killed(real: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = real.model_copy(update={"quick_start_modules": ()})
    row = claimed(settings, monkeypatch, RehearsalSpec(rows=100, seconds_per_part=1))
    with parent(settings) as (_, link):
        answers = messages(link)
        next(answers)
        ask(link, row)
        os.kill(next(answers)["pid"], signal.SIGKILL)
        assert next(answers) == {"token": row.token, "code": -9}


def test_a_library_that_cannot_be_imported_is_left_to_the_job(real: Settings) -> None:
    settings = real.model_copy(update={"quick_start_modules": ("no_such_library",)})
    with parent(settings) as (_, link):
        assert "ready" in next(messages(link))


def test_it_ends_when_the_data_folder_vanishes(real: Settings) -> None:
    settings = real.model_copy(update={"quick_start_modules": ()})
    with parent(settings) as (process, link):
        next(messages(link))
        settings.home.rename(settings.home.with_name("gone"))
        assert process.wait(20) == 0


@pytest.mark.slow
def test_a_forked_job_finds_torch_imported_and_can_use_all_its_threads(real: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    row = claimed(real, monkeypatch, RehearsalSpec())
    with parent(real, "first_matmul") as (_, link):
        answers = messages(link)
        assert "ready" in next(answers)
        ask(link, row)
        forked = next(answers)
        assert next(answers) == {"token": row.token, "code": 0}
        assert forked["token"] == row.token
    assert read_final(open_run(real, row.id), 1)[:2] == (JobState.DONE, None)


def test_no_parent_without_the_setting_without_memory_or_beside_cuda(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(forking, "NVIDIA", tmp_path / "no such device")
    roomy = settings.model_copy(update={"quick_start_free_mb": 0})
    assert forking.wanted(roomy)
    assert not forking.wanted(roomy.model_copy(update={"quick_starts": False}))
    assert not forking.wanted(roomy.model_copy(update={"quick_start_free_mb": 10**9}))
    monkeypatch.setattr(forking, "NVIDIA", tmp_path)
    assert not forking.wanted(roomy)


def test_the_parent_of_a_scheduler_that_keeps_dying_is_given_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.home.mkdir()
    monkeypatch.setattr(forking, "START_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(forking, "wanted", lambda settings: True)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    kept = forking.Parent(settings)
    deadline = time.monotonic() + 30
    for _ in range(forking.MOST_DEATHS_WHILE_IMPORTING):
        kept.keep()
        assert kept.importing()
        while kept.alive() and time.monotonic() < deadline:
            kept.messages()
    kept.keep()
    assert not kept.alive()

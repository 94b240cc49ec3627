"""What the kill matrix does to jobs: bring one into a state, freeze it there, kill processes, look at what is left.

Nothing in the product helps with this. A process is held at a point of interest with SIGSTOP, or by keeping the lock that
it waits for, so the kill lands where the test says it does and not where the clock happens to be.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
import pyarrow.parquet as pq

from core import jobs, processes
from core.files import TEMPORARY_PREFIX
from core.jobs import keeper
from core.processes import Identity
from core.runs import RunFolder, list_parts, open_run
from core.runs.parts import KEY
from core.schema import Job, JobState
from core.settings import Settings

T = TypeVar("T")
OWNER = "local"
PATIENCE_SECONDS = 240.0  # no bound on anything: a loaded machine takes a minute to load torch and a model again
STATES = ("queued", "starting", "running", "writing", "stopping")
VICTIMS = ("worker", "scheduler", "parent", "server", "all")

# Exactly what the lifespan of serve.py does.
SERVER = """
import signal
from core import jobs
from core.settings import Settings
signal.signal(signal.SIGTERM, lambda number, frame: exit(0))
with jobs.serving(Settings()):
    signal.pause()
"""


def eventually(what: str | Callable[[], str], look: Callable[[], T | None], seconds: float = PATIENCE_SECONDS, nap: float = 0.01) -> T:
    """The first truthy answer of ``look``; fails with ``what``, as it is then, when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = look()
        if answer:
            return answer
        time.sleep(nap)
    raise AssertionError(f"not within {seconds:g} s: {what if isinstance(what, str) else what()}")


class Rig:
    """A server with its scheduler and parent over a data folder of its own."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.server: subprocess.Popen | None = None

    def start_server(self) -> None:
        """Starts the stand-in for serve.py and waits for a scheduler with a warm parent."""
        self.server = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            cwd=processes.PROJECT_ROOT,
            env=processes.child_environment(self.settings),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        eventually("a warm parent", lambda: "The parent is warm" in self.scheduler_log() and self.parent())

    def scheduler_log(self) -> str:
        path = self.settings.home / "scheduler.log"
        return path.read_text() if path.exists() else ""

    def scheduler(self) -> Identity | None:
        return keeper.scheduler_identity(self.settings)

    def parent(self) -> Identity | None:
        """The parent for quick starts: the scheduler's own child, unlike the jobs that it has forked."""
        scheduler = self.scheduler()
        for identity in processes.family(scheduler) if scheduler else ():
            try:
                process = psutil.Process(identity.pid)
                if "core.worker.parent" in process.cmdline() and process.ppid() == scheduler.pid:
                    return identity
            except psutil.Error:
                continue
        return None

    def worker(self, job_id: str) -> Identity | None:
        with jobs.api.store.opened(self.settings) as connection:
            row = jobs.api.store.row(connection, job_id)
        return row.identity if row and row.identity and processes.alive(row.identity) else None

    def state(self, job_id: str) -> JobState:
        """The state as it stands in the queue: asking through the API would correct it."""
        with jobs.api.store.opened(self.settings) as connection:
            return jobs.api.store.row(connection, job_id).state

    def await_state(self, job_id: str, *states: JobState) -> Job:
        eventually(
            lambda: f"job {' or '.join(states)}, it is {jobs.get(self.settings, job_id)}, {self.scheduler_log()[-2_000:]}",
            lambda: self.state(job_id) in states,
        )
        return jobs.get(self.settings, job_id)

    def kill(self, victim: str, job_id: str) -> None:
        """SIGKILL for one kind of process or for all of them. The server goes first: it would bring the others back."""
        found = {
            "worker": self.worker(job_id),
            "parent": self.parent(),
            "scheduler": self.scheduler(),
            "server": processes.identify(self.server.pid),
        }
        names = ("server", "scheduler", "parent", "worker") if victim == "all" else (victim,)
        for name in names:
            assert found[name], f"no {name} to kill"
            os.kill(found[name].pid, signal.SIGKILL)
        for name in names:
            eventually(f"the {name} is dead", lambda name=name: not processes.alive(found[name]))
        if "server" in names:
            self.server.wait()

    def restart(self) -> None:
        """Brings back what a watchdog or a service manager would."""
        if self.server.poll() is not None:
            self.start_server()
        jobs.ensure_scheduler(self.settings)

    def leave(self) -> None:
        """Ends the server in good order; the rest has to end by itself."""
        self.server.terminate()
        self.server.wait(PATIENCE_SECONDS)
        eventually("no process left", lambda: not processes.processes_of(self.settings), nap=0.1)

    def end_all(self) -> None:
        """Takes away what a failed test may have left."""
        if self.server is not None:
            self.server.kill()
            self.server.wait()
        processes.kill(processes.processes_of(self.settings))


@contextmanager
def frozen_in(rig: Rig, state: str, submit: Callable[[], Job]) -> Iterator[tuple[str, str]]:
    """Brings a job into a state and holds it there for the block.

    Args:
        submit: puts a new job of several parts into the queue.

    Yields:
        The job's id, and the id of the job whose process is "the worker": the same, or the one that runs before it.
    """
    hold = {
        "queued": _frozen_queued,
        "starting": _frozen_starting,
        "running": _frozen_running,
        "writing": _frozen_writing,
        "stopping": _frozen_stopping,
    }
    with hold[state](rig, submit) as ids:
        yield ids


@contextmanager
def _frozen_queued(rig: Rig, submit: Callable[[], Job]) -> Iterator[tuple[str, str]]:
    with _frozen_running(rig, submit) as (first, _):
        job = submit()
        assert jobs.get(rig.settings, job.id).place == 1
        yield job.id, first


@contextmanager
def _frozen_starting(rig: Rig, submit: Callable[[], Job]) -> Iterator[tuple[str, str]]:
    """Keeps the lock of the run, which the process takes before it says that it runs."""
    with stopped(rig.scheduler()):
        job = submit()
        lock = os.open(open_run(rig.settings, job.id).lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        eventually("a process that waits for the lock", lambda: rig.worker(job.id))
        assert rig.state(job.id) == JobState.STARTING
        yield job.id, job.id
    finally:
        os.close(lock)


@contextmanager
def _frozen_running(rig: Rig, submit: Callable[[], Job]) -> Iterator[tuple[str, str]]:
    job = submit()
    run = open_run(rig.settings, job.id)
    eventually("a first part", lambda: list_parts(run))
    with stopped(rig.worker(job.id)):
        assert rig.state(job.id) == JobState.RUNNING
        yield job.id, job.id


@contextmanager
def _frozen_writing(rig: Rig, submit: Callable[[], Job]) -> Iterator[tuple[str, str]]:
    """Stops the process at a moment at which a part lies there under its temporary name."""
    job = submit()
    run = open_run(rig.settings, job.id)
    worker = eventually("a process", lambda: rig.worker(job.id))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and processes.alive(worker):
        if not _unfinished_parts(run):
            continue
        with stopped(worker):
            if _unfinished_parts(run):
                yield job.id, job.id
                return
    raise AssertionError("the process was never caught while it wrote a part")


@contextmanager
def _frozen_stopping(rig: Rig, submit: Callable[[], Job]) -> Iterator[tuple[str, str]]:
    with _frozen_running(rig, submit) as ids:
        assert jobs.stop(rig.settings, ids[0], owner=OWNER).state == JobState.STOPPING
        yield ids


@contextmanager
def stopped(identity: Identity) -> Iterator[None]:
    """SIGSTOP for the block; SIGCONT afterwards if the process still lives."""
    os.kill(identity.pid, signal.SIGSTOP)
    try:
        eventually("a stopped process", lambda: psutil.Process(identity.pid).status() == psutil.STATUS_STOPPED, nap=0.0)
        yield
    finally:
        processes.send(identity, signal.SIGCONT)


def _unfinished_parts(run: RunFolder) -> list[Path]:
    return [entry for entry in run.parts.iterdir() if entry.name.startswith(TEMPORARY_PREFIX)]


def keys_written(run: RunFolder) -> Counter:
    """How often each key occurs in all parts of all attempts."""
    return Counter(key for path in list_parts(run) for key in pq.read_table(path, columns=[KEY])[KEY].to_pylist())

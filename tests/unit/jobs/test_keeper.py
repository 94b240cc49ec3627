"""One scheduler per data folder: started once, gone when nobody needs it, back when killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import jobs, processes
from core.jobs import keeper, lookout, scheduler, store
from core.jobs.troubles import Troubles
from core.processes import Identity
from core.schema import JobState, RehearsalSpec
from core.settings import Settings


def eventually(look: Callable[[], object], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if look():
            return True
        time.sleep(0.02)
    return False


def schedulers(settings: Settings) -> list[int]:
    return [found.pid for found in processes.processes_of(settings) if b"core.jobs.scheduler" in _cmdline(found.pid)]


def _cmdline(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123 - a kernel file
            return file.read()
    except OSError:
        return b""


def ended(settings: Settings) -> bool:
    return not processes.processes_of(settings)


def test_many_callers_at_once_start_one_scheduler_that_leaves_when_idle(real: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keeper.ensure_scheduler(real), range(16)))
    assert len(schedulers(real)) == 1
    assert eventually(lambda: keeper.scheduler_identity(real))
    assert eventually(lambda: ended(real)), "idle_exit_seconds after the last job it ends"
    assert keeper.scheduler_identity(real) is None


def test_a_scheduler_is_a_session_of_its_own_and_reads_no_input(real: Settings) -> None:
    keeper.ensure_scheduler(real)
    (pid,) = schedulers(real)
    assert os.getsid(pid) == pid
    assert os.readlink(f"/proc/{pid}/fd/0") == os.devnull  # noqa: PTH115 - a kernel file
    assert eventually(lambda: ended(real))


def test_while_a_server_is_up_the_scheduler_stays_and_comes_back(real: Settings) -> None:
    with jobs.serving(real):
        assert eventually(lambda: keeper.scheduler_identity(real))
        first = keeper.scheduler_identity(real)
        time.sleep(real.idle_exit_seconds + 1)
        assert processes.alive(first)
        os.kill(first.pid, signal.SIGKILL)
        assert eventually(lambda: keeper.scheduler_identity(real) not in (None, first))
    assert eventually(lambda: ended(real))


def test_a_server_that_was_killed_holds_nobody(real: Settings) -> None:
    script = "import signal; from core import jobs; from core.settings import Settings; jobs.hold_server(Settings()); signal.pause()"
    server = subprocess.Popen([sys.executable, "-c", script], env=processes.child_environment(real), cwd=processes.PROJECT_ROOT)
    assert eventually(lambda: keeper.scheduler_identity(real))
    time.sleep(real.idle_exit_seconds + 1)
    assert len(schedulers(real)) == 1
    server.kill()
    server.wait()
    assert eventually(lambda: ended(real))
    with store.opened(real) as connection:
        assert connection.execute("SELECT count(*) FROM servers").fetchone()[0] == 0


def test_holding_a_server_twice_is_holding_it_once(real: Settings) -> None:
    before = threading.active_count()
    script = (
        "import threading; from core import jobs; from core.settings import Settings; s = Settings();"
        "jobs.hold_server(s); jobs.hold_server(s);"
        "print(sum('watchdog' in thread.name for thread in threading.enumerate()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=processes.child_environment(real),
        cwd=processes.PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "1"
    assert threading.active_count() == before


def test_everything_ends_when_the_data_folder_vanishes(real: Settings, tmp_path: Path) -> None:
    with_parent = real.model_copy(
        update={"quick_starts": True, "quick_start_modules": (), "quick_start_free_mb": 0, "idle_exit_seconds": 60.0}
    )
    with jobs.serving(with_parent):
        job = jobs.submit(with_parent, RehearsalSpec(rows=1000, seconds_per_part=0.1), owner="a")
        assert eventually(lambda: jobs.get(with_parent, job.id).state == JobState.RUNNING)
        assert len(processes.processes_of(with_parent)) == 3
        shutil.rmtree(with_parent.home.rename(tmp_path / "gone"), ignore_errors=True)
        assert eventually(lambda: ended(with_parent))
        assert not with_parent.home.exists(), "nobody brings it back"


def test_a_new_data_folder_of_the_same_name_gets_a_scheduler_of_its_own(real: Settings) -> None:
    keeper.ensure_scheduler(real)
    assert eventually(lambda: keeper.scheduler_identity(real))
    old = keeper.scheduler_identity(real)
    shutil.rmtree(real.home)
    job = jobs.submit(real, RehearsalSpec(rows=10, seconds_per_part=0), owner="a")
    assert eventually(lambda: jobs.get(real, job.id).state == JobState.DONE)
    assert not processes.alive(old)


def test_a_lock_file_of_a_dead_scheduler_is_no_scheduler(real: Settings) -> None:
    real.home.mkdir()
    keeper.lock_path(real).write_text(json.dumps({"pid": os.getpid(), "born": 0.5}))
    assert keeper.scheduler_identity(real) is None
    keeper.lock_path(real).write_text("{")
    assert keeper.scheduler_identity(real) is None
    me = processes.identify(os.getpid())
    keeper.lock_path(real).write_text(json.dumps({"pid": me.pid, "born": me.born}))
    assert keeper.scheduler_identity(real) == Identity(me.pid, me.born)


def test_the_lock_of_a_killed_scheduler_is_waited_for(real: Settings) -> None:
    """Its last threads, or a process that it was just starting, keep the open file a little longer than it lives."""
    real.home.mkdir()
    descriptor = os.open(keeper.lock_path(real), os.O_RDWR | os.O_CREAT)
    assert keeper.try_lock(descriptor)
    keeper.sign(descriptor, Identity(os.getpid(), 0.5))
    threading.Timer(0.5, os.close, (descriptor,)).start()
    keeper.ensure_scheduler(real)
    assert len(schedulers(real)) == 1
    assert eventually(lambda: ended(real))


def test_a_lock_that_nobody_gives_back_is_waited_for_only_so_long(real: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "HANDOVER_SECONDS", 0.2)
    real.home.mkdir()
    descriptor = os.open(keeper.lock_path(real), os.O_RDWR | os.O_CREAT)
    assert keeper.try_lock(descriptor)
    keeper.ensure_scheduler(real)
    os.close(descriptor)
    assert schedulers(real) == []


def test_a_scheduler_is_known_before_it_has_said_a_word(real: Settings) -> None:
    keeper.ensure_scheduler(real)
    found = keeper.scheduler_identity(real)
    assert [found.pid] == schedulers(real)
    assert eventually(lambda: ended(real))


def test_a_scheduler_opens_a_queue_that_is_locked_at_first(real: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[int] = []
    connect = store.connect

    def locked_at_first(settings: Settings, *, create: bool = True) -> sqlite3.Connection:
        attempts.append(1)
        if len(attempts) < 4:
            raise sqlite3.OperationalError("database is locked")
        return connect(settings, create=create)

    monkeypatch.setattr(store, "connect", locked_at_first)
    monkeypatch.setattr(scheduler, "TROUBLE_SECONDS", 0.01)
    real.home.mkdir()
    with keeper.lock_path(real).open("w") as lock:
        begun = scheduler.begin(real, lock.fileno())
        assert isinstance(begun, scheduler.Scheduler)
        begun.connection.close()


def test_a_queue_that_never_opens_is_given_up(real: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(settings: Settings, *, create: bool = True) -> sqlite3.Connection:
        raise sqlite3.DatabaseError("file is not a database")

    monkeypatch.setattr(store, "connect", cannot)
    monkeypatch.setattr(scheduler, "TROUBLE_SECONDS", 0.01)
    real.home.mkdir()
    with keeper.lock_path(real).open("w") as lock:
        assert scheduler.begin(real.model_copy(update={"database_wait_seconds": 0.05}), lock.fileno()) is None


def test_a_replaced_queue_ends_the_scheduler_and_its_jobs(real: Settings) -> None:
    job = jobs.submit(real, RehearsalSpec(rows=1000, seconds_per_part=0.1), owner="a")
    assert eventually(lambda: jobs.get(real, job.id).state == JobState.RUNNING)
    old = keeper.scheduler_identity(real)
    copy = real.home / "copy.sqlite"
    with store.opened(real) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    copy.replace(store.database_path(real))
    for rest in ("-wal", "-shm"):
        Path(f"{store.database_path(real)}{rest}").unlink(missing_ok=True)
    assert eventually(lambda: not processes.alive(old))
    assert eventually(lambda: ended(real)), "its jobs would write for a queue that nobody reads"
    assert jobs.get(real, job.id).state == JobState.QUEUED, "the copy knows the job: it is started again"


def test_a_lookout_needs_many_looks_and_any_sign_calms_it(real: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(lookout.time, "monotonic", lambda: clock[0])
    settings = real.model_copy(update={"scheduler_silence_seconds": 10.0, "database_wait_seconds": 1.0})
    real.home.mkdir()
    path = keeper.lock_path(settings)
    path.touch()
    someone = Identity(os.getpid(), 1.0)
    watcher = lookout.Lookout(settings)

    def look(after: float) -> Identity | None:
        clock[0] += after
        return watcher.look(someone)

    assert look(1) is None
    assert look(100_000) is None, "after a suspend or a standstill of the watcher one look proves nothing"
    os.utime(path, (5, 5))  # a clock that was set back: any change is a sign of life
    assert [look(1) for _ in range(11)] == [None] * 11
    assert look(1) == someone
    assert watcher.look(Identity(os.getpid(), 2.0)) is None, "another scheduler starts with a clean sheet"
    patient = settings.model_copy(update={"database_wait_seconds": 1000.0})
    watcher = lookout.Lookout(patient)
    assert [look(1) for _ in range(500)] == [None] * 500, "it may be waiting for the queue"
    assert watcher.look(None) is None


def test_a_heart_beats_once_a_second(real: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    beats: list[int] = []
    monkeypatch.setattr(lookout.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(lookout.os, "utime", beats.append)
    heart = lookout.Heart(7)
    for _ in range(40):
        heart.beat(Troubles())
        clock[0] += 0.05
    assert beats == [7, 7]


def test_a_trouble_that_lasts_is_told_once_in_a_while(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    clock = [0.0]
    monkeypatch.setattr("core.jobs.troubles.time.monotonic", lambda: clock[0])
    troubles = Troubles()
    for _ in range(1300):
        troubles.tell("Job x", ValueError("a\x1b[2J cell"))
        clock[0] += 1
    assert len(caplog.records) == 3
    assert "\x1b" not in caplog.text
    assert "Traceback" in caplog.records[0].getMessage()
    troubles.tell("Job y", ValueError("another"))
    assert len(caplog.records) == 4

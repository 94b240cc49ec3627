"""Identity, life and families of processes, and what they may take."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core import processes
from core.processes import Identity
from core.settings import Settings

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# A child in a session of its own, as torchrun's ranks are; the parent prints its pid.
WITH_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""
LIMITED = """
from core.processes import limit_memory
limit_memory(100)
bytearray(20_000_000)
print("small fits", flush=True)
bytearray(300_000_000)
print("large fits")
"""
LIMITED_BEFORE = """
import resource
import psutil
from core.processes import limit_memory
hard = psutil.Process().memory_info().vms + 200_000_000
resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
limit_memory(100_000)
print(resource.getrlimit(resource.RLIMIT_AS) == (hard, hard))
"""


def test_a_process_is_its_pid_and_its_birth() -> None:
    me = processes.identify(os.getpid())
    assert processes.alive(me)
    assert not processes.alive(Identity(me.pid, me.born - 1))
    assert not processes.alive(Identity(me.pid, me.born + 0.01))


def test_nobody_has_an_unused_pid() -> None:
    assert processes.identify(2**22 + 1) is None
    assert not processes.alive(Identity(2**22 + 1, 1.0))


def test_a_finished_process_that_nobody_has_reaped_is_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    identity = processes.identify(process.pid)
    deadline = time.monotonic() + 20
    while processes.alive(identity) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, 0)  # by this test it would be alive
    assert not processes.alive(identity)
    process.wait()


def test_a_process_whose_first_thread_has_ended_lives_and_is_dying() -> None:
    """A killed process is like this for a moment: its last threads still keep its open files, and so its locks."""
    script = (
        "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); print('ready', flush=True);"
        "ctypes.CDLL(None).pthread_exit(None)"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    process.stdout.readline()
    identity = processes.identify(process.pid)
    deadline = time.monotonic() + 30
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.01)
    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    assert processes.alive(identity)
    assert processes.dying(identity)
    processes.kill({identity})
    assert processes.await_end(identity, 20)
    assert not processes.dying(identity)
    process.stdout.close()
    process.wait()


def test_a_clock_that_jumps_changes_no_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    before = processes.identify(os.getpid())
    boot, created = psutil.boot_time(), psutil.Process().create_time()
    monkeypatch.setattr(psutil, "boot_time", lambda: boot + 86_400)
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: created + 86_400)
    assert processes.identify(os.getpid()) == before
    assert processes.alive(before)


def test_a_clock_that_jumps_during_the_look_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = processes.identify(os.getpid())
    boot = psutil.boot_time()
    answers = iter([boot - 50.0])
    monkeypatch.setattr(psutil, "boot_time", lambda: next(answers, boot))
    assert processes.identify(os.getpid()) == before


def test_a_family_reaches_into_other_sessions() -> None:
    process = subprocess.Popen([sys.executable, "-c", WITH_CHILD], stdout=subprocess.PIPE, text=True)
    child = processes.identify(int(process.stdout.readline()))
    identity = processes.identify(process.pid)
    found = processes.family(identity)
    processes.kill({identity} | found)
    process.wait()
    process.stdout.close()
    assert found == {child}
    deadline = time.monotonic() + 20
    while processes.alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not processes.alive(child)
    assert processes.family(identity) == set()


def test_a_signal_never_reaches_another_process_of_the_same_pid() -> None:
    process = subprocess.Popen(SLEEP)
    real = processes.identify(process.pid)
    processes.kill({Identity(real.pid, real.born - 5)})
    assert processes.alive(real)
    processes.kill({real})
    assert process.wait() == -9


def test_processes_are_found_by_their_data_folder(settings: Settings) -> None:
    process = subprocess.Popen(SLEEP, env=processes.child_environment(settings))
    found = processes.processes_of(settings)
    process.kill()
    process.wait()
    assert [identity.pid for identity in found] == [process.pid]
    assert processes.processes_of(settings) == []


def test_children_report_nothing_home(settings: Settings) -> None:
    environment = processes.child_environment(settings, MORE="1")
    assert environment["HF_HUB_DISABLE_TELEMETRY"] == environment["DO_NOT_TRACK"] == environment["MORE"] == "1"
    assert environment["SHEETFORMER_HOME"] == str(settings.home)


def test_the_end_of_a_process_is_waited_for() -> None:
    process = subprocess.Popen(SLEEP)
    identity = processes.identify(process.pid)
    assert not processes.await_end(identity, 0.05)
    processes.kill({identity})
    assert processes.await_end(identity, 20)
    process.wait()


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], cwd=processes.PROJECT_ROOT, capture_output=True, text=True, check=False)


def test_memory_above_the_limit_is_an_error_and_not_a_full_machine() -> None:
    limited = run(LIMITED)
    assert limited.stdout.strip() == "small fits"
    assert "MemoryError" in limited.stderr


def test_a_limit_that_was_there_before_stays_in_force() -> None:
    limited = run(LIMITED_BEFORE)
    assert limited.stdout.strip() == "True", limited.stderr


def test_a_container_counts_with_what_it_may_take(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "CGROUP", tmp_path)
    assert processes.free_memory() > 10**8
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("2000\n")
    assert processes.free_memory() == 3000
    (tmp_path / "memory.max").write_text("max\n")
    assert processes.free_memory() > 10**8


def test_threads_of_a_child_wait_as_jobs_beside_each_other_need_it_unless_the_caller_says_how(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    assert processes.child_environment(settings)["GOMP_SPINCOUNT"] == processes.THREAD_WAITING["GOMP_SPINCOUNT"]
    monkeypatch.setenv("GOMP_SPINCOUNT", "infinite")
    assert processes.child_environment(settings)["GOMP_SPINCOUNT"] == "infinite"
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    assert "GOMP_SPINCOUNT" not in processes.child_environment(settings), "it would overrule the caller's word"

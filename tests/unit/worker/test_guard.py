"""What a job's process sets up: run in processes of their own, as limits cannot be taken back."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.processes import PROJECT_ROOT, child_environment
from core.settings import Settings
from core.worker.guard import holding

# One call into C that lasts seconds and gives the GIL free, as torch's do: no Python runs in the main thread meanwhile.
DEEP = """
import time, hashlib, threading
from core.worker.guard import listen_for_stop
stop = listen_for_stop()
heard = []
watcher = threading.Thread(target=lambda: (stop.wait(), heard.append(time.monotonic())))
watcher.start()
print("deep", flush=True)
hashlib.pbkdf2_hmac("sha256", b"x", b"y", 4_000_000)
back = time.monotonic()
watcher.join()
print("heard inside" if heard[0] < back - 0.2 else "heard too late")
"""


def start(settings: Settings, script: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env=child_environment(settings),
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_sigterm_is_heard_while_the_main_thread_is_in_c(settings: Settings) -> None:
    process = start(settings, DEEP)
    assert process.stdout.readline().strip() == "deep"
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=60)
    assert out.strip() == "heard inside", errors


def test_other_signals_are_no_stop(settings: Settings) -> None:
    script = (
        "import os, signal, time; from core.worker.guard import listen_for_stop; stop = listen_for_stop();"
        "signal.signal(signal.SIGUSR1, lambda *_: None); os.kill(os.getpid(), signal.SIGUSR1); time.sleep(0.2); print(stop.is_set());"
        "os.kill(os.getpid(), signal.SIGTERM); print(stop.wait(10))"
    )
    out, _ = start(settings, script).communicate(timeout=60)
    assert out.split() == ["False", "True"]


def test_the_kernel_takes_the_job_first(settings: Settings) -> None:
    script = "from core.worker.guard import volunteer_for_oom; volunteer_for_oom(); print(open('/proc/self/oom_score_adj').read())"
    out, _ = start(settings, script).communicate(timeout=60)
    assert out.strip() == "500"


def test_a_run_has_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.worker.guard.LOCK_SECONDS", 0.2)
    path = tmp_path / "lock"
    with holding(path) as first:
        assert first
        with holding(path) as second:
            assert not second
    with holding(path) as third:
        assert third

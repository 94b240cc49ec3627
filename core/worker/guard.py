"""What a job's process sets up before it touches data: its limits, and an ear for SIGTERM."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OOM_SCORE = "500"
LOCK_SECONDS = 5.0
LOCK_POLL_SECONDS = 0.02


def listen_for_stop() -> threading.Event:
    """An event that SIGTERM sets, also while the main thread is inside torch.

    Python runs a signal's handler in the main thread and between two steps of Python only. But the interpreter writes the
    signal's number to the wakeup descriptor at once, wherever the main thread is, and a thread waits there. The handler
    itself does nothing: setting an event inside one can lock up with a main thread that waits for the same event.
    """
    stop = threading.Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def listen() -> None:
        while heard := os.read(reader, 1):
            if heard[0] == signal.SIGTERM:
                stop.set()

    threading.Thread(target=listen, name="core.worker stop", daemon=True).start()
    return stop


def volunteer_for_oom() -> None:
    """Makes the kernel take the job and not the server when memory runs out all the same."""
    try:
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    except OSError as error:
        sys.stderr.write(f"The kernel may take the server before this job when memory runs out: {error}\n")


@contextmanager
def holding(path: Path) -> Iterator[bool]:
    """Holds the lock of a run for the block; gives ``False`` when another process keeps it.

    It is waited for a little: a process that is not wanted any more takes the lock for a moment before it finds that out.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + LOCK_SECONDS
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    yield False
                    return
                time.sleep(LOCK_POLL_SECONDS)
        yield True
    finally:
        os.close(descriptor)

"""Functions of jobs that do what no job should; run in real processes through :mod:`tests.unit.worker.start`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from core.errors import BadInput
from core.runs import Outcome, RunContext

HOSTILE_CELL = "a\x1b[2J cell\nINFO all is well"


def known_error(context: RunContext) -> Outcome:
    raise BadInput("a column named text", "none", "Choose one.")


def unknown_error(context: RunContext) -> Outcome:
    raise ValueError(HOSTILE_CELL)


def hungry(context: RunContext) -> Outcome:
    return "done" if bytearray(context.settings.job_memory_mb * 2_000_000) else "stopped"


def killed(context: RunContext) -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def leaves_without_a_word(context: RunContext) -> Outcome:
    os._exit(7)


def segfault(context: RunContext) -> Outcome:
    os.kill(os.getpid(), signal.SIGSEGV)
    return "done"


def reads_input(context: RunContext) -> Outcome:
    return "done" if sys.stdin.read() == "" else "stopped"


def deaf(context: RunContext) -> Outcome:
    """Never asks whether to stop, and has a child in a session of its own, as torchrun has."""
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    subprocess.Popen(sleep, start_new_session=True)
    while True:
        time.sleep(1)


def leaves_a_child(context: RunContext) -> Outcome:
    deaf_child = [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"]
    subprocess.Popen(deaf_child, start_new_session=True)
    return "done"


def first_matmul(context: RunContext) -> Outcome:
    """Fails unless torch was there already; then works with all its threads, which hangs in a fork of a process that has."""
    if "torch" not in sys.modules:
        raise ImportError("torch was not imported in advance")
    import torch

    size = 2_000
    return "done" if float((torch.ones(size, size) @ torch.ones(size, size)).sum()) == float(size) ** 3 else "stopped"


def deep_in_torch(context: RunContext) -> Outcome:
    """One call into torch's C++ that lasts minutes."""
    import torch

    context.report("inside", 0, 1)
    torch.linalg.svd(torch.rand(8_000, 8_000))
    return "done"

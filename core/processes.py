"""Processes: who they are, whether they live, what they may take, and how they are ended with all their children."""

from __future__ import annotations

import logging
import resource
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.settings import MEGABYTE, Settings

PROJECT_ROOT = Path(__file__).resolve().parents[1]
HOME_VARIABLE = "SHEETFORMER_HOME"
BIRTH_TOLERANCE_SECONDS = 0.005
WAIT_STEP_SECONDS = 0.01
CGROUP = Path("/sys/fs/cgroup")
log = logging.getLogger(__name__)

# No library of a child process may report usage, and none draws a progress bar into a log.
QUIET = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",  # whose token it is says who asks, never a file of this machine's owner
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TQDM_DISABLE": "1",
    "PYTHONUNBUFFERED": "1",
}

THREAD_WAITING = {"GOMP_SPINCOUNT": "1000"}
"""How long a thread of torch waits in a loop for the others, in rounds. By default it does so for milliseconds, and two jobs on the same
cores keep each other from working: each took 7 times as long as alone, where it is 1.6 times now (``benchmarks.side_by_side``)."""

SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "OAUTH_CLIENT_SECRET")
"""What no child inherits: an environment shows in a list of processes. The one that needs a token gets it by a pipe."""


@dataclass(frozen=True)
class Identity:
    """A process beyond doubt: pids are reused, a pid together with its birth is not.

    Args:
        pid: process id.
        born: seconds from the boot of the machine to the start of the process. Unlike the time of day it does not move
            when somebody sets the clock.
    """

    pid: int
    born: float


def identify(pid: int) -> Identity | None:
    """The identity of the process that has this pid now, or ``None`` when there is none."""
    try:
        process = psutil.Process(pid)
        # psutil adds the time of boot, which moves with the clock; read on both sides, it can be taken off again.
        while True:
            before, created, after = psutil.boot_time(), psutil.Process(process.pid).create_time(), psutil.boot_time()
            if before == after:
                return Identity(pid, round(created - before, 3))
    except psutil.Error:
        return None


def alive(identity: Identity) -> bool:
    """Whether exactly this process runs. A process that has ended and waits to be reaped counts as dead.

    A killed process with several threads shows as a zombie as soon as its first thread has ended, while the others still
    keep its open files and their locks. It counts as dead when the last of them is gone.
    """
    found = identify(identity.pid)
    if found is None or abs(found.born - identity.born) > BIRTH_TOLERANCE_SECONDS:
        return False
    try:
        process = psutil.Process(identity.pid)
        return process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD) or process.num_threads() > 1
    except psutil.Error:
        return False


def dying(identity: Identity) -> bool:
    """Whether a process has been ended and only its last threads are still on their way out."""
    try:
        return alive(identity) and psutil.Process(identity.pid).status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return True


def family(identity: Identity) -> set[Identity]:
    """All living descendants of a process, in whatever session they are."""
    if not alive(identity):
        return set()
    try:
        children = psutil.Process(identity.pid).children(recursive=True)
    except psutil.Error:
        return set()
    return {found for child in children if (found := identify(child.pid))}


def send(identity: Identity, number: signal.Signals) -> None:
    """Sends a signal to exactly this process; nothing happens when it is gone."""
    if alive(identity):
        try:
            psutil.Process(identity.pid).send_signal(number)
        except psutil.NoSuchProcess:
            return


def kill(identities: Iterable[Identity]) -> None:
    """SIGKILL for each of them that still lives."""
    for identity in identities:
        send(identity, signal.SIGKILL)


def await_end(identity: Identity, seconds: float) -> bool:
    """Waits for the end of a process, whoever's child it is; ``False`` when it still lives after so many seconds."""
    deadline = time.monotonic() + seconds
    while alive(identity):
        if time.monotonic() >= deadline:
            return False
        time.sleep(WAIT_STEP_SECONDS)
    return True


def with_variable(name: str, value: str) -> list[Identity]:
    """Processes of this user that were started with an environment variable of this value, except the caller."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != psutil.Process().pid and process.environ().get(name) == value and (identity := identify(process.pid)):
                found.append(identity)
        except (psutil.Error, OSError):
            continue
    return found


def processes_of(settings: Settings) -> list[Identity]:
    """Every living process of this data folder except the caller: scheduler, parent, jobs, imports and what they started."""
    return [identity for identity in with_variable(HOME_VARIABLE, str(settings.home)) if alive(identity)]


def child_environment(settings: Settings, **more: str) -> dict[str, str]:
    """The environment of every process that we start: the caller's without tokens, exactly these settings, quiet libraries, ``more``.

    How threads wait for each other is the caller's to say; without a word of theirs it is as jobs beside each other need it.
    """
    inherited = {name: value for name, value in settings.environment().items() if name not in SECRETS}
    waiting = {} if "OMP_WAIT_POLICY" in inherited else THREAD_WAITING  # GNU's variable would overrule the standard's
    return {**waiting, **inherited, **QUIET, **more}


def limit_memory(megabytes: int) -> None:
    """Bounds the address space to so much above what the process has now: a MemoryError instead of a full machine.

    A limit that the process was started with stays in force. Where the system knows no such limit, a warning says so.
    """
    most = psutil.Process().memory_info().vms + megabytes * MEGABYTE
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    except (OSError, ValueError) as error:
        log.warning("Memory cannot be limited to %s MB more: %s", megabytes, error)


def free_memory() -> int:
    """Bytes that can still be taken: of the machine, or of the container where that is less."""
    free = psutil.virtual_memory().available
    for most, used in (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):
        try:
            limit = (CGROUP / most).read_text().strip()
            if limit.isdecimal():
                free = min(free, int(limit) - int((CGROUP / used).read_text()))
        except OSError:
            continue
    return free

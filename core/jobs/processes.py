"""Processes: who they are, whether they live, how they are started and how they are ended with all their children."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.settings import Settings

PROJECT_ROOT = Path(__file__).resolve().parents[2]
TOKEN_VARIABLE = "SHEETFORMER_JOB_TOKEN"
MAIN_VARIABLE = "SHEETFORMER_HOME"
BIRTH_TOLERANCE_SECONDS = 0.005

# No library of a child process may report usage, and none draws a progress bar into a log.
QUIET = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TQDM_DISABLE": "1",
    "PYTHONUNBUFFERED": "1",
}


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
    """Whether exactly this process runs. A process that has ended and waits to be reaped counts as dead."""
    found = identify(identity.pid)
    if found is None or abs(found.born - identity.born) > BIRTH_TOLERANCE_SECONDS:
        return False
    try:
        return psutil.Process(identity.pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False


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
    """Every living process of this data folder except the caller: scheduler, parent, jobs and what they started."""
    return [identity for identity in with_variable(MAIN_VARIABLE, str(settings.home)) if alive(identity)]


def child_environment(settings: Settings, **more: str) -> dict[str, str]:
    """The environment of a process of ours."""
    return {**settings.environment(), **QUIET, **more}

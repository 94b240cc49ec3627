"""Telling a scheduler that hangs from one that works: by a sign of life that it gives, and that somebody watches for."""

from __future__ import annotations

import os
import time
from pathlib import Path

from core.jobs.troubles import Troubles
from core.processes import Identity
from core.settings import Settings

WATCH_SECONDS = 1.0
MOST_COUNTED_SECONDS = 2 * WATCH_SECONDS


def lock_path(settings: Settings) -> Path:
    return settings.home / "scheduler.lock"


class Heart:
    """The scheduler's side: touches the file that it keeps locked, once a second."""

    def __init__(self, lock: int):
        self._lock = lock
        self._beaten = -WATCH_SECONDS

    def beat(self, troubles: Troubles) -> None:
        """To be called often; what it costs is one change of a file's time a second, which waits for no disk."""
        if time.monotonic() - self._beaten < WATCH_SECONDS:
            return
        self._beaten = time.monotonic()
        try:
            os.utime(self._lock)
        except OSError as error:
            troubles.tell("The sign of life", error)


class Lookout:
    """The watcher's side. Only whether the sign changes counts, never what it says: clocks may be set.

    Time counts only while somebody watches, at most ``MOST_COUNTED_SECONDS`` from one look to the next. So a machine that
    was suspended, or a server that was held up itself, does not blame a scheduler that had no time either.
    """

    def __init__(self, settings: Settings):
        # A scheduler that waits for a locked queue does what it should.
        self._patience = max(settings.scheduler_silence_seconds, settings.database_wait_seconds)
        self._path = lock_path(settings)
        self._seen: tuple[Identity | None, int] | None = None
        self._silent_seconds = 0.0
        self._looked = time.monotonic()

    def look(self, scheduler: Identity | None) -> Identity | None:
        """The scheduler if it has been silent for too long, else ``None``."""
        now = time.monotonic()
        since, self._looked = now - self._looked, now
        sign = (scheduler, self._sign())
        if sign != self._seen:
            self._seen, self._silent_seconds = sign, 0.0
        else:
            self._silent_seconds += min(since, MOST_COUNTED_SECONDS)
        if self._silent_seconds <= self._patience or not os.access(self._path, os.W_OK):  # where nobody can write, silence says nothing
            return None
        return scheduler

    def _sign(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

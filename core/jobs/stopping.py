"""Ending the process of a job: asked first, killed after the grace period, with every child it ever had."""

from __future__ import annotations

import signal
import time

from core import processes
from core.jobs.store import Row
from core.processes import Identity
from core.settings import Settings

LOOK_SECONDS = 2.0
TRAININGS = frozenset({"finetune", "search"})
"""Kinds of jobs that write a checkpoint and what they have learned when they are stopped: gigabytes, for a large model."""


class Stopper:
    """Remembers, per start of a job, its children and when it was asked to end. Time is monotonic: no clock can be set back."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self._families: dict[str, set[Identity]] = {}
        self._looked: dict[str, float] = {}
        self._deadlines: dict[str, float] = {}

    def look(self, row: Row) -> None:
        """Notes the children of a running job now and then: once the job has died, nobody can tell whose they were."""
        if time.monotonic() - self._looked.get(row.token, -LOOK_SECONDS) >= LOOK_SECONDS:
            self._note_family(row)

    def press(self, row: Row) -> None:
        """Called again and again for a stopping job whose process lives."""
        deadline = self._deadlines.get(row.token)
        if deadline is None:
            self._note_family(row)
            self._deadlines[row.token] = time.monotonic() + self._grace(row)
            processes.send(row.identity, signal.SIGTERM)
        elif time.monotonic() >= deadline:
            self._note_family(row)
            processes.kill({row.identity} | self._families[row.token])

    def family(self, token: str) -> set[Identity]:
        """Every process that a start is known to have brought up, forgotten with this call."""
        self._looked.pop(token, None)
        self._deadlines.pop(token, None)
        return self._families.pop(token, set())

    def _grace(self, row: Row) -> float:
        return self.settings.training_stop_grace_seconds if row.kind in TRAININGS else self.settings.stop_grace_seconds

    def _note_family(self, row: Row) -> None:
        self._looked[row.token] = time.monotonic()
        self._families.setdefault(row.token, set()).update(processes.family(row.identity))

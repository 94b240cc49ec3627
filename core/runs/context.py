"""What the function of a job gets: its run, its attempt, and a way to hear "stop" and to tell how far it is."""

from __future__ import annotations

import threading
import time
from typing import Literal

from core.runs.layout import RunFolder
from core.runs.progress import append_event, write_progress
from core.schema import Progress
from core.settings import Settings

Outcome = Literal["done", "stopped"]
REPORT_SECONDS = 0.2


class RunContext:
    """One attempt at a run.

    Args:
        retry_failed: score the failed rows again instead of what is missing.
        stop: set when the user (or a shutdown) asks the job to stop.
    """

    def __init__(
        self, settings: Settings, run: RunFolder, *, attempt: int = 1, retry_failed: bool = False, stop: threading.Event | None = None
    ):
        self.settings = settings
        self.run = run
        self.attempt = attempt
        self.retry_failed = retry_failed
        self._stop = stop or threading.Event()
        self._stage = ""
        self._stage_started = 0.0
        self._rows_at_start = 0
        self._last_report = 0.0

    @property
    def name(self) -> str:
        """What the run is called where others tell of it."""
        return self.run.id

    def note(self, what: str, **facts: object) -> None:
        """Adds to the events that the run's page tells of."""
        append_event(self.run, what, **facts)

    def stop_requested(self) -> bool:
        """Asked between batches; a job that hears it writes its part and returns ``"stopped"``."""
        return self._stop.is_set()

    def report(self, stage: str, rows_done: int, rows: int, failed: int = 0) -> None:
        """Tells how far the run is; cheap enough to be called after every batch.

        The rate counts from the start of the stage, so loading a model does not slow the estimate down.
        """
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._stage_started, self._rows_at_start = stage, now, rows_done
        elif now - self._last_report < REPORT_SECONDS and rows_done < rows:
            return
        self._last_report = now
        done, elapsed = rows_done - self._rows_at_start, now - self._stage_started
        rate = done / elapsed if done > 0 and elapsed > 0 else None
        left = (rows - rows_done) / rate if rate else None
        write_progress(
            self.run,
            Progress(stage=stage, rows_done=rows_done, rows=rows, failed=failed, rows_per_second=rate, seconds_left=left, time=time.time()),
        )

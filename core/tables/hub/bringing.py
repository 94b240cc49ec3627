"""Bringing in rows, with progress."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from core.errors import SheetformerError
from core.hub import Fetches
from core.settings import Settings
from core.tables.hub.wanted import Wanted, check_access
from core.tables.importing import LEAN
from core.work import Work, WorkState

QUESTION = "core.tables.hub"
# The library counts downloads by telling a server of their names; nobody here asked for that.
SILENT = {"HF_UPDATE_DOWNLOAD_COUNTS": "0", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
# It imports torch where it finds it, only to share a number between loaders that nobody uses here: seconds, and a gigabyte of addresses.
WITHOUT_TORCH = {"USE_TORCH": "0", "USE_TF": "0", "USE_JAX": "0"}
ENVIRONMENT = {**LEAN, **SILENT, **WITHOUT_TORCH}


@dataclass(frozen=True)
class Brought:
    """How far it is.

    Args:
        rows_done: those of earlier tries included.
        rows_total: ``None`` where nobody knows.
        rows_per_second: since it was started; 0 until something came.
        bytes_done: of the rows in memory.
        seconds_left: ``None`` while nobody knows.
        table: id of the table, at the end.
    """

    state: WorkState
    rows_done: int
    rows_total: int | None
    rows_per_second: float
    bytes_done: int
    seconds_left: float | None
    stage: str = "starting"
    table: str = ""
    error: SheetformerError | None = None


class Bring(Work):
    """One split of a data set on its way into a workspace; what has come stays when it is stopped.

    Args:
        token: of whoever asked for it.
    """

    def __init__(self, settings: Settings, workspace: str, wanted: Wanted, *, token: str | None = None) -> None:
        self.wanted, self.key = wanted, f"dataset-{wanted.key}"
        self._began: tuple[float, int] | None = None
        asked = {"wanted": wanted.model_dump(mode="json"), "token": token, "workspace": workspace}
        super().__init__(settings, QUESTION, asked, outcome="table", environment=ENVIRONMENT)

    def wait(self, seconds: float | None = None) -> Brought:
        """How far it is when it has ended, or after so many seconds."""
        self.join(seconds)
        return self.now()

    def now(self) -> Brought:
        """How far it is."""
        state, facts = self.state, self.answer  # in this order: when it is done, its last answer is here
        done, total = facts.get("rows", 0), self.wanted.rows_total
        since, before = self._began or (time.monotonic(), done)
        rate = max(0, done - before) / max(time.monotonic() - since, 1e-3)
        left = (total - done) / rate if state == "running" and total and rate and total > done else None
        what = f"the rows of {self.wanted.source.dataset}"
        error = self.error(what, "Bring it in again: it goes on.") if state == "failed" else None
        table, stage = facts.get("table", ""), facts.get("stage", "starting")
        return Brought(state, done, total, rate, facts.get("bytes", 0), left, stage, table, error)

    def hear(self, answer: dict[str, Any]) -> None:
        """Takes in how far it is; how many rows have come stays known whatever is said next."""
        super().hear({**{name: self.answer[name] for name in ("rows", "bytes") if name in self.answer}, **answer})
        if self._began is None and answer.get("stage") == "reading":
            self._began = (time.monotonic(), answer["rows"])


def bring(fetches: Fetches, settings: Settings, workspace: str, wanted: Wanted, *, token: str | None = None) -> Bring:
    """Starts bringing in, or gives what is at work on the same rows.

    Raises:
        HubError: the files cannot be had now, which is known before a process is started.
        LimitReached: ``max_fetches`` of them run.
    """
    check_access(settings, wanted, token)
    return fetches.begin(settings, workspace, f"dataset-{wanted.key}", lambda: Bring(settings, workspace, wanted, token=token))

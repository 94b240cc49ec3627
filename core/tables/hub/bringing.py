"""Bringing in rows with progress: in a process of its own, which goes on when a page is closed and can be stopped."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

from core.errors import RunFailed, SheetformerError
from core.hub import Fetches
from core.hub.fetching import State
from core.processes import PROJECT_ROOT, child_environment
from core.settings import Settings
from core.tables.hub.wanted import Wanted, check_access
from core.tables.importing import LEAN

QUESTION = "core.tables.hub"
# The library counts downloads by telling a server of their names; nobody here asked for that.
SILENT = {"HF_UPDATE_DOWNLOAD_COUNTS": "0", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
# It imports torch where it finds it, only to share a number between loaders that nobody uses here: seconds, and a gigabyte of addresses.
WITHOUT_TORCH = {"USE_TORCH": "0", "USE_TF": "0", "USE_JAX": "0"}


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

    state: State
    rows_done: int
    rows_total: int | None
    rows_per_second: float
    bytes_done: int
    seconds_left: float | None
    stage: str = "starting"
    table: str = ""
    error: SheetformerError | None = None


class Bring:
    """One split of a data set on its way into a workspace.

    Args:
        token: of whoever asked for it; handed over by a pipe.
    """

    def __init__(self, settings: Settings, workspace: str, wanted: Wanted, *, token: str | None = None) -> None:
        self.wanted = wanted
        self.key = f"dataset-{wanted.key}"
        self.with_token = token is not None
        self._stopped = threading.Event()
        self._facts: dict[str, Any] = {}
        self._began: tuple[float, int] | None = None
        self._process = start_child(settings)
        asked = {"wanted": wanted.model_dump(mode="json"), "token": token, "workspace": workspace}
        self._reader = threading.Thread(target=self._talk, args=(json.dumps(asked) + "\n",), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Ends it; what has come stays for the next one."""
        if self._process.poll() is None:
            self._stopped.set()
            self._process.kill()
        self._reader.join()

    def wait(self, seconds: float | None = None) -> Brought:
        """How far it is when it has ended, or after so many seconds."""
        self._reader.join(seconds)
        return self.now()

    def now(self) -> Brought:
        """How far it is."""
        facts, running = self._facts, self._reader.is_alive()
        done, total = facts.get("rows", 0), self.wanted.rows_total
        since, before = self._began or (time.monotonic(), done)
        rate = max(0, done - before) / max(time.monotonic() - since, 1e-3)
        left = (total - done) / rate if running and total and rate and total > done else None
        state: State = "running" if running else "done" if "table" in facts else "stopped" if self._stopped.is_set() else "failed"
        error = self._error(facts) if state == "failed" else None
        table, stage = facts.get("table", ""), facts.get("stage", "starting")
        return Brought(state, done, total, rate, facts.get("bytes", 0), left, stage, table, error)

    def _talk(self, asked: str) -> None:
        """Asks the process and reads its answers, one a line; the last one counts."""
        for answer in answers(self._process, asked):
            self._facts = {**{name: self._facts[name] for name in ("rows", "bytes") if name in self._facts}, **answer}
            if self._began is None and answer.get("stage") == "reading":
                self._began = (time.monotonic(), answer["rows"])

    def _error(self, facts: dict[str, Any]) -> SheetformerError:
        return error_in(facts) or RunFailed(
            f"the rows of {self.wanted.source.dataset}",
            f"a process that ended with code {self._process.returncode}",
            "Bring it in again: it goes on.",
        )


def bring(fetches: Fetches, settings: Settings, workspace: str, wanted: Wanted, *, token: str | None = None) -> Bring:
    """Starts bringing in, or gives what is at work on the same rows.

    Raises:
        HubError: the files cannot be had now, which is known before a process is started.
        LimitReached: ``max_fetches`` of them run.
    """
    check_access(settings, wanted, token)
    return fetches.begin(settings, workspace, f"dataset-{wanted.key}", lambda: Bring(settings, workspace, wanted, token=token))


def start_child(settings: Settings) -> subprocess.Popen[str]:
    """The process that reads rows; it waits for its question."""
    return subprocess.Popen(
        [sys.executable, "-m", QUESTION],
        cwd=PROJECT_ROOT,
        env=child_environment(settings, **LEAN, **SILENT, **WITHOUT_TORCH),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )


def answers(process: subprocess.Popen[str], asked: str) -> Any:
    """What it says, line by line, until it ends."""
    try:
        with process.stdin as pipe:  # type: ignore[union-attr]
            pipe.write(asked)
    except OSError:  # it was stopped before it could listen
        pass
    for line in process.stdout or ():
        try:
            yield json.loads(line)
        except ValueError:  # cut by the end of the process, or a library's own words
            continue
    process.wait()


def error_in(facts: dict[str, Any]) -> SheetformerError | None:
    """The error that an answer carries."""
    found = facts.get("error")
    return SheetformerError.from_facts(found) if isinstance(found, dict) else None

"""Starting the process of a job: forked from the warm parent when there is one, else spawned."""

from __future__ import annotations

import logging
import select
import subprocess
import sys
import time

from core.jobs.forking import Parent
from core.jobs.store import TOKEN_VARIABLE, Row
from core.processes import PROJECT_ROOT, Identity, child_environment, identify
from core.runs.layout import RunFolder, runs_folder
from core.settings import Settings

LIGHT_KINDS = frozenset({"rehearsal", "demo"})
"""Kinds that do not import torch themselves: spawning them takes no longer than waiting for the parent."""

EXIT_CODE_SECONDS = 1.0
log = logging.getLogger(__name__)


class Starter:
    """Starts jobs and collects the exit codes of those that it started."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.parent = Parent(settings)
        self._spawned: dict[str, subprocess.Popen] = {}
        self._asked: dict[str, Row] = {}
        self._forked: set[str] = set()
        self._codes: dict[str, int] = {}

    def kinds_now(self) -> frozenset[str] | None:
        """Kinds that may start now, ``None`` for all: while the parent imports torch, another process would take as long."""
        return LIGHT_KINDS if self.parent.importing() else None

    def start(self, row: Row) -> Identity | None:
        """Starts a claimed job. ``None`` when the parent was asked and has not answered yet; see :meth:`collect`."""
        if self.parent.ready() and self.parent.ask(job=row.id, token=row.token):
            self._asked[row.token] = row
            return None
        return self._spawn(row)

    def collect(self) -> list[tuple[str, Identity]]:
        """Takes in what has happened since the last call.

        Returns:
            Token and identity of processes that the parent has forked.
        """
        started = []
        for message in self.parent.messages():
            token = message["token"]
            if "born" in message:
                self._asked.pop(token, None)
                self._forked.add(token)
                started.append((token, Identity(message["pid"], message["born"])))
            elif "code" in message:
                self._codes[token] = message["code"]
                self._forked.discard(token)
            elif row := self._asked.pop(token, None):
                log.error("The parent could not fork job %s: %s", row.id, message.get("error"))
                started.append((token, self._spawn_or_nobody(row)))
        if not self.parent.alive():
            self._asked.clear()
            self._forked.clear()
        for token, process in list(self._spawned.items()):
            if process.poll() is not None:
                self._codes[token] = process.returncode
                del self._spawned[token]
        return started

    def expects(self, token: str) -> bool:
        """Whether a process with this token has been asked for and its pid is not known yet."""
        return token in self._asked

    def code_pending(self, token: str) -> bool:
        """Whether the exit code of a dead process may still arrive."""
        return token not in self._codes and (token in self._forked or token in self._spawned)

    def code_of(self, token: str) -> int | None:
        """The exit code of a dead process; ``None`` when nobody can know it."""
        return self._codes.get(token)

    def forget(self, token: str) -> None:
        """To be called once the end of a process has been noted."""
        self._forked.discard(token)
        self._codes.pop(token, None)

    def wait(self, seconds: float) -> None:
        """Sleeps, but not past a message of the parent."""
        link = self.parent.link
        if link is None:
            time.sleep(seconds)
        else:
            select.select([link], [], [], seconds)

    def _spawn_or_nobody(self, row: Row) -> Identity:
        try:
            return self._spawn(row)
        except OSError as error:
            log.error("Job %s could not be started: %s", row.id, error)
            return Identity(0, 0.0)  # no process has pid 0: it counts as crashed, so it is tried once more and not for ever

    def _spawn(self, row: Row) -> Identity:
        run = RunFolder(runs_folder(self.settings) / row.id)
        with run.log_path.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "core.worker", row.id, "--token", str(row.token)],
                cwd=PROJECT_ROOT,
                env=child_environment(self.settings, **{TOKEN_VARIABLE: str(row.token)}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._spawned[row.token] = process
        return identify(process.pid) or Identity(process.pid, 0.0)

"""Work beside the queue, such as a download or a push: each piece in a process of its own, which goes on when a page is closed.

The process is asked one thing by its standard input, since a token in its arguments or its environment would show in a list of
processes. It answers by lines of JSON: how far it is, and at the end its outcome or an error. Whoever stops it kills it, so it is
written to lose nothing that way.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, TypeVar

from core.errors import RunFailed, SheetformerError
from core.processes import PROJECT_ROOT, child_environment
from core.settings import Settings

WorkState = Literal["running", "done", "stopped", "failed"]


class Work:
    """One piece of work, started when it is made. Safe for several threads.

    Args:
        module: what the process runs, by ``python -m``.
        question: what it is asked; may hold a ``token``, and is not kept.
        outcome: name that is in the last answer, and in no other, when all went well.
        on_done: called when all went well, in a thread of its own: no page has to be open.
        environment: variables of the process.

    Attributes:
        answer: the last answer so far.
        with_token: whether its process was given a token.
    """

    def __init__(
        self,
        settings: Settings,
        module: str,
        question: Mapping[str, Any],
        *,
        outcome: str,
        on_done: Callable[[], None] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.answer: dict[str, Any] = {}
        self.with_token = question.get("token") is not None
        self._outcome, self._on_done = outcome, on_done
        self._stopped = threading.Event()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=PROJECT_ROOT,
            env=child_environment(settings, **environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._talk, args=(json.dumps(question) + "\n",), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    @property
    def state(self) -> WorkState:
        """Whether it runs, and how it has ended."""
        if self._reader.is_alive():
            return "running"
        if self._outcome in self.answer:
            return "done"
        return "stopped" if self._stopped.is_set() else "failed"

    def stop(self) -> None:
        """Ends it, and returns when it has ended."""
        if self._process.poll() is None:
            self._stopped.set()
            self._process.kill()
        self._reader.join()

    def join(self, seconds: float | None = None) -> None:
        """Waits for its end, or for so many seconds."""
        self._reader.join(seconds)

    def hear(self, answer: dict[str, Any]) -> None:
        """Takes an answer in, in the thread that reads them."""
        self.answer = answer

    def error(self, what: str, next_step: str) -> SheetformerError:
        """Why it failed: what the process said, or that it ended without a word.

        Args:
            what: what it was to bring.
        """
        told = self.answer.get("error")
        if isinstance(told, dict):
            return SheetformerError.from_facts(told)
        return RunFailed(what, f"a process that ended with code {self._process.returncode}", next_step)

    def _talk(self, question: str) -> None:
        source, target = self._process.stdout, self._process.stdin
        assert source is not None and target is not None
        try:
            with target:
                target.write(question)
        except OSError:  # killed before it listened
            pass
        with source:
            for line in source:
                try:
                    answer = json.loads(line)
                except ValueError:  # cut by the end of the process, or a library's own word
                    continue
                if isinstance(answer, dict):
                    self.hear(answer)
        self._process.wait()
        if self._outcome in self.answer and self._on_done is not None:
            try:
                self._on_done()
            except SheetformerError as error:  # such as a full disk
                self.answer = {"error": error.to_facts()}


Kind = TypeVar("Kind", bound=Work)


class WorkList(Generic[Kind]):
    """The work of one sort on a server. Workspaces see their own only; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # whoever starts work looks at what runs, and adds to it, in one
        self._all: dict[tuple[str, str], Kind] = {}

    def add(self, workspace: str, key: str, work: Kind) -> Kind:
        """Puts work at the end of the list, in the place of what had its key."""
        with self._lock:
            self._all.pop((workspace, key), None)
            self._all[workspace, key] = work
            return work

    def get(self, workspace: str, key: str) -> Kind | None:
        """The work that a workspace has under a key."""
        with self._lock:
            return self._all.get((workspace, key))

    def of(self, workspace: str) -> list[Kind]:
        """A workspace's work, what has ended too, newest last."""
        with self._lock:
            return [work for (whose, _), work in self._all.items() if whose == workspace]

    def running(self) -> dict[tuple[str, str], Kind]:
        """What runs, by workspace and key."""
        with self._lock:
            return {place: work for place, work in self._all.items() if work.state == "running"}

    def forget(self, workspace: str, key: str) -> None:
        """Takes ended work off the list."""
        with self._lock:
            work = self._all.get((workspace, key))
            if work is not None and work.state != "running":
                del self._all[workspace, key]

    def sign_out(self, workspace: str) -> None:
        """Stops a workspace's work whose process was given a token; what has come stays."""
        for work in self.of(workspace):
            if work.with_token:
                work.stop()

    def close(self) -> None:
        """Stops all of it: the server ends."""
        with self._lock:
            whole = list(self._all.values())
        for work in whole:
            work.stop()

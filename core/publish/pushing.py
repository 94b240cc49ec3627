"""Pushes with progress: each in a process of its own, which goes on when a page is closed and can be stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from core.errors import Conflict, LimitReached, RunFailed, SheetformerError
from core.processes import PROJECT_ROOT, child_environment
from core.publish.order import Order
from core.publish.parcel import hold
from core.publish.refusals import GO_ON
from core.settings import Settings

State = Literal["running", "done", "stopped", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What a push came to.

    Args:
        commit: 40 hexadecimal digits.
        url: of the commit.
        pull_request: address of the pull request; empty where it was none.
    """

    commit: str
    url: str
    pull_request: str = ""


@dataclass(frozen=True)
class Sent:
    """How far a push is.

    Args:
        step: ``creating``, ``sending`` or ``committing``; empty before the first.
        file: which one is on its way.
        kept: files that the Hub had already.
        bytes_done: of files that are there, and of the one on its way.
        bytes_per_second: of what went out; 0 until something did.
        seconds_left: ``None`` while nobody knows.
    """

    state: State
    step: str
    file: str
    files_done: int
    files_total: int
    kept: tuple[str, ...]
    bytes_done: int
    bytes_total: int
    bytes_per_second: float
    seconds_left: float | None
    outcome: Outcome | None = None
    error: SheetformerError | None = None


class Push:
    """One push.

    Args:
        token: of whoever asked for it; handed over by a pipe.
        on_done: called once the commit is made, in a thread of its own: no page has to be open.
    """

    def __init__(self, settings: Settings, order: Order, *, token: str | None, on_done: Callable[[], None] | None = None) -> None:
        self.order = order
        self._settings, self._on_done = settings, on_done
        self._total, self._began = order.size_bytes, time.monotonic()
        if order.folder is not None:
            weakref.finalize(self, os.close, hold(order.folder))  # for as long as it may be gone on with
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._step, self._file = "", ""
        self._sent: dict[str, int] = {}
        self._done: dict[str, bool] = {}
        self._last: dict[str, Any] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.publish"],
            cwd=PROJECT_ROOT,
            env=child_environment(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        self._reader = threading.Thread(target=self._talk, args=(token,), daemon=True)
        self._reader.start()

    def again(self, token: str | None) -> Push:
        """The same once more, after a cut or a stop: it sends only what is missing.

        Raises:
            NotFound: its files are gone.
        """
        update = {"made": self.order.made or self.now().step in ("sending", "committing"), "asked": self.in_doubt}
        return Push(self._settings, self.order.model_copy(update=update), token=token, on_done=self._on_done)

    @property
    def in_doubt(self) -> bool:
        """Of a push that has ended without an outcome: whether its commit may be there all the same."""
        return self.order.asked or self.now().step == "committing"

    def stop(self) -> None:
        """Ends it. What has reached the Hub's storage is not sent again by the next one.

        The repository is as it was, unless the commit was asked for (``in_doubt``): the next one looks for it first.
        """
        if self._process.poll() is None:
            self._stopped.set()
            self._process.kill()
        self._reader.join()

    def wait(self, seconds: float | None = None) -> Sent:
        """How far it is when it has ended, or after so many seconds."""
        self._reader.join(seconds)
        return self.now()

    def now(self) -> Sent:
        """How far it is."""
        running = self._reader.is_alive()
        state: State = "running" if running else self._ended()
        with self._lock:
            kept = tuple(path for path, was_there in self._done.items() if was_there)
            done = self._total if state == "done" else min(sum(self._sent.values()), self._total)
            went_out = done - sum(self._sent[path] for path in kept)
            rate = max(0, went_out) / max(time.monotonic() - self._began, 1e-3)
            left = (self._total - done) / rate if running and rate else None
            step, file, files = self._step, self._file, len(self._done)
        outcome = Outcome(**self._last["outcome"]) if state == "done" else None
        error = self._error() if state == "failed" else None
        return Sent(state, step, file, files, len(self.order.files), kept, done, self._total, rate, left, outcome, error)

    def _talk(self, token: str | None) -> None:
        """Asks the process and reads what it tells until it has ended."""
        source, target = self._process.stdout, self._process.stdin
        assert source is not None and target is not None
        try:
            target.write(json.dumps({"order": self.order.model_dump(mode="json"), "token": token}) + "\n")
            target.close()
        except OSError:  # killed before it listened
            self._last = {}
        self._read(source)
        source.close()
        self._process.wait()
        if "outcome" in self._last and self._on_done is not None:
            self._on_done()

    def _read(self, source: IO[str]) -> None:
        for line in source:
            try:
                fact = json.loads(line)
            except ValueError:  # a library's own word
                continue
            with self._lock:
                self._step = fact.get("step", self._step)
                if "file" in fact:
                    self._file, self._sent[fact["file"]] = fact["file"], fact["sent"]
                    if fact["done"]:
                        self._done[fact["file"]] = fact["kept"]
                elif "step" not in fact:
                    self._last = fact

    def _ended(self) -> State:
        if "outcome" in self._last:
            return "done"
        return "stopped" if self._stopped.is_set() else "failed"

    def _error(self) -> SheetformerError:
        facts = self._last.get("error")
        if isinstance(facts, dict):
            return SheetformerError.from_facts(facts)
        return RunFailed(f"a commit to {self.order.what}", f"a process that ended with code {self._process.returncode}", GO_ON)


@dataclass
class Pushes:
    """The pushes of one server. Workspaces see their own only; safe for several threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _all: dict[tuple[str, str], Push] = field(default_factory=dict)

    def start(
        self, settings: Settings, workspace: str, order: Order, *, token: str | None, on_done: Callable[[], None] | None = None
    ) -> Push:
        """Starts a push.

        Raises:
            Conflict: one to the same repository is under way.
            LimitReached: ``max_pushes`` of them run.
        """
        with self._lock:
            self._check_room(settings, order)
            push = self._all[workspace, order.what] = Push(settings, order, token=token, on_done=on_done)
            return push

    def go_on(self, settings: Settings, workspace: str, what: str, *, token: str | None) -> None:
        """Does a push again that broke off or was stopped; the token is given anew, none is kept with it.

        Raises:
            Conflict, LimitReached: as :meth:`start`.
            NotFound: its files are gone.
        """
        with self._lock:
            before = self._all.get((workspace, what))
            if before is not None:
                self._check_room(settings, before.order)
                self._all[workspace, what] = before.again(token)

    def of(self, workspace: str) -> list[Push]:
        """A workspace's pushes, ended ones too, newest last."""
        with self._lock:
            return [push for (whose, _), push in self._all.items() if whose == workspace]

    def forget(self, workspace: str, what: str) -> None:
        """Takes an ended push off the list."""
        with self._lock:
            push = self._all.get((workspace, what))
            if push is not None and push.now().state != "running":
                del self._all[workspace, what]

    def sign_out(self, workspace: str) -> None:
        """Stops a workspace's pushes, whose processes were given its token."""
        for push in self.of(workspace):
            push.stop()

    def close(self) -> None:
        """Stops all of them: the server ends."""
        with self._lock:
            pushes = list(self._all.values())
        for push in pushes:
            push.stop()

    def _check_room(self, settings: Settings, order: Order) -> None:
        running = [push for push in self._all.values() if push.now().state == "running"]
        if any(push.order.what == order.what for push in running):
            raise Conflict("one push to a repository at a time", f"one to {order.what} under way", "Wait until it has ended.")
        if len(running) >= settings.max_pushes:
            raise LimitReached(f"at most {settings.max_pushes} pushes at once (max_pushes)", "one more", "Wait for one to end.")

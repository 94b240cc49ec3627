"""Pushes, with progress."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.errors import Conflict, LimitReached, SheetformerError
from core.publish.order import Order
from core.publish.parcel import hold
from core.publish.refusals import GO_ON
from core.settings import Settings
from core.work import Work, WorkList, WorkState


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

    state: WorkState
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


class Push(Work):
    """One push.

    Args:
        token: of whoever asked for it.
        on_done: called once the commit is made.
    """

    def __init__(self, settings: Settings, order: Order, *, token: str | None, on_done: Callable[[], None] | None = None) -> None:
        self.order = order
        self._settings, self._then = settings, on_done
        self._total, self._began = order.size_bytes, time.monotonic()
        if order.folder is not None:
            weakref.finalize(self, os.close, hold(order.folder))  # for as long as it may be gone on with
        self._lock = threading.Lock()
        self._step, self._file = "", ""
        self._sent: dict[str, int] = {}
        self._done: dict[str, bool] = {}
        asked = {"order": order.model_dump(mode="json"), "token": token}
        super().__init__(settings, "core.publish", asked, outcome="outcome", on_done=on_done)

    def again(self, token: str | None) -> Push:
        """The same once more, after a cut or a stop: it sends only what is missing.

        Raises:
            NotFound: its files are gone.
        """
        update = {"made": self.order.made or self.now().step in ("sending", "committing"), "asked": self.in_doubt}
        return Push(self._settings, self.order.model_copy(update=update), token=token, on_done=self._then)

    @property
    def in_doubt(self) -> bool:
        """Of a push that has ended without an outcome: whether its commit may be there all the same.

        Before the commit was asked for, the repository is as it was. What has reached the Hub's storage is not sent again in any case.
        """
        return self.order.asked or self.now().step == "committing"

    def wait(self, seconds: float | None = None) -> Sent:
        """How far it is when it has ended, or after so many seconds."""
        self.join(seconds)
        return self.now()

    def now(self) -> Sent:
        """How far it is."""
        state = self.state
        with self._lock:
            kept = tuple(path for path, was_there in self._done.items() if was_there)
            done = self._total if state == "done" else min(sum(self._sent.values()), self._total)
            went_out = done - sum(self._sent[path] for path in kept)
            rate = max(0, went_out) / max(time.monotonic() - self._began, 1e-3)
            left = (self._total - done) / rate if state == "running" and rate else None
            step, file, files = self._step, self._file, len(self._done)
        outcome = Outcome(**self.answer["outcome"]) if state == "done" else None
        error = self.error(f"a commit to {self.order.what}", GO_ON) if state == "failed" else None
        return Sent(state, step, file, files, len(self.order.files), kept, done, self._total, rate, left, outcome, error)

    def hear(self, answer: dict[str, Any]) -> None:
        """Takes in which step it is at, how much of which file is there, or what became of it."""
        with self._lock:
            self._step = answer.get("step", self._step)
            if "file" in answer:
                self._file, self._sent[answer["file"]] = answer["file"], answer["sent"]
                if answer["done"]:
                    self._done[answer["file"]] = answer["kept"]
            elif "step" not in answer:
                super().hear(answer)


class Pushes(WorkList[Push]):
    """The pushes of one server."""

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
            return self.add(workspace, order.what, Push(settings, order, token=token, on_done=on_done))

    def go_on(self, settings: Settings, workspace: str, what: str, *, token: str | None) -> None:
        """Does a push again that broke off or was stopped; the token is given anew, none is kept with it.

        Raises:
            Conflict, LimitReached: as :meth:`start`.
            NotFound: its files are gone.
        """
        with self._lock:
            before = self.get(workspace, what)
            if before is not None:
                self._check_room(settings, before.order)
                self.add(workspace, what, before.again(token))

    def _check_room(self, settings: Settings, order: Order) -> None:
        running = self.running()
        if any(what == order.what for _, what in running):
            raise Conflict("one push to a repository at a time", f"one to {order.what} under way", "Wait until it has ended.")
        if len(running) >= settings.max_pushes:
            raise LimitReached(f"at most {settings.max_pushes} pushes at once (max_pushes)", "one more", "Wait for one to end.")

"""Columns counted in parts by the warm process: each with its speed, its time left and a stop, and none needs an open page."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from core.errors import RunFailed, SheetformerError
from core.inspect.tokens.tally import Tally

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]
State = Literal["running", "done", "stopped", "failed"]
BREATH_SECONDS = 0.01  # between two parts: a lock is not fair, and other pages have questions too
KEPT = 50  # counts that have ended, for whoever opens their page again


@dataclass(frozen=True)
class Counted:
    """How far a count is.

    Args:
        rows_done: of ``rows`` that are counted in all, which is 0 until they are known.
        rows_per_second: since it was started; 0 until the first part came.
        seconds_left: ``None`` while nobody knows.
        result: a ``ColumnTokens`` of what was counted, also after a stop; ``None`` before.
    """

    state: State
    rows_done: int
    rows: int
    rows_per_second: float
    seconds_left: float | None
    result: dict[str, Any] | None = None
    error: SheetformerError | None = None


class Count:
    """One column under one tokenizer.

    Args:
        ask: puts a question of :mod:`core.live.questions` and waits for its answer.
        payload: of the question ``tokens``, less its view; arguments are ``path``, ``column`` and ``every``.
    """

    def __init__(self, ask: Ask, payload: dict[str, Any]) -> None:
        self._ask, self._payload = ask, payload
        self._plan: dict[str, Any] = {}
        self._tally, self._done = Tally(), 0
        self._stopped, self._lock = threading.Event(), threading.Lock()
        self._result: dict[str, Any] | None = None
        self._error: SheetformerError | None = None
        self._start()

    def stop(self) -> None:
        """Ends it after the part that is being counted; what was counted stays."""
        self._stopped.set()

    def go_on(self) -> None:
        """Counts the rest after a stop or a failure; nothing where it runs or is done."""
        with self._lock:
            if not self._thread.is_alive() and (self._error is not None or self._done < self._plan.get("looked", 1)):
                self._start()

    def wait(self, seconds: float) -> Counted:
        """How far it is when it has ended, or after so many seconds."""
        self._thread.join(seconds)
        return self.now()

    def now(self) -> Counted:
        """How far it is."""
        running, rows = self._thread.is_alive(), int(self._plan.get("looked", 0))
        rate = (self._done - self._before) / max((time.monotonic() if running else self._ended) - self._began, 1e-3)
        left = (rows - self._done) / rate if running and rate else None
        state: State = "running" if running else "failed" if self._error else "done" if self._done >= rows else "stopped"
        return Counted(state, self._done, rows, rate, left, None if running else self._result, None if running else self._error)

    def _start(self) -> None:
        self._stopped.clear()
        self._error, self._before = None, self._done
        self._began = self._ended = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="count-tokens", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            if not self._plan:
                self._plan = self._asked("column_plan", self._payload["arguments"])
            while self._done < self._plan["looked"] and not self._stopped.wait(BREATH_SECONDS):
                part = self._asked("column_part", {**self._place, "plan": self._plan, "at": self._done})
                self._tally.add(Tally.from_json(part["tally"]))
                self._done = part["done"]
            given = {"plan": self._plan, "tally": self._tally.to_json(), "done": self._done}
            self._result = self._asked("column_end", {**self._place, **given})
        except SheetformerError as error:
            self._error = error
        except Exception as error:  # a thread has nobody who would catch it: the page says it
            self._error = RunFailed("the tokens of a column", f"{type(error).__name__}: {error}"[:300], "Count it again.")
        finally:
            self._ended = time.monotonic()

    @property
    def _place(self) -> dict[str, Any]:
        return {name: self._payload["arguments"][name] for name in ("path", "column")}

    def _asked(self, view: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self._ask("tokens", {**self._payload, "view": view, "arguments": arguments})


@dataclass
class Counts:
    """The counts of one server by what is counted; safe for several threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _all: OrderedDict[str, Count] = field(default_factory=OrderedDict)

    def get(self, key: str, ask: Ask, payload: dict[str, Any]) -> Count:
        """The count of this key, started where there is none."""
        with self._lock:
            found = self._all.get(key)
            if found is None:
                found = self._all[key] = Count(ask, payload)
            self._all.move_to_end(key)
            for old in [name for name, count in self._all.items() if count.now().state != "running"][: max(0, len(self._all) - KEPT)]:
                if old != key:
                    del self._all[old]
            return found

    def close(self) -> None:
        """Stops all of them: the server ends."""
        with self._lock:
            for count in self._all.values():
                count.stop()

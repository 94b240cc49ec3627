"""The client: one child process, asked one question at a time, killed when it does not answer."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from core.errors import LimitReached, NotReady, SheetformerError
from core.files import writing
from core.live.wire import Closed, LineReader, send
from core.processes import PROJECT_ROOT, child_environment
from core.settings import Settings

LOG_BYTES = 1_000_000
KILL_SECONDS = 5.0
MOST_WAITS = 10  # for one start; after them the process is taken for hung


class LiveClient:
    """Asks the warm process. One for each server; any number of threads may share it.

    The process starts with the first question (or :meth:`warm`), holds at most ``settings.live_models`` models, and ends with
    its owner. A question that takes longer than ``settings.live_request_seconds``, or that brings the process down, costs only
    itself: the next one finds a new process.
    """

    def __init__(self, settings: Settings):
        self._settings = settings
        self._lock = threading.Lock()
        self._child: _Child | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id, ``None`` while there is none."""
        child = self._child
        return child.process.pid if child else None

    def warm(self) -> None:
        """Starts the process in the background, so that the first question does not wait for its imports."""
        threading.Thread(target=self._warm, name="live-warm", daemon=True).start()

    def ask(self, question: str, payload: dict, timeout: float | None = None) -> dict:
        """Puts a question and waits for the answer. Questions of several threads wait for each other.

        Args:
            question: name of one of :mod:`core.live.questions`.
            payload: its arguments, JSON values only.
            timeout: seconds for this question; ``settings.live_request_seconds`` where it is not given.

        Raises:
            SheetformerError: whatever the question raised, with its own class.
            LimitReached: no answer in time; the process was killed.
            NotReady: the process died, or has not started yet: it goes on, and a later question waits for it again.
        """
        seconds = timeout or self._settings.live_request_seconds
        with self._lock:
            child = self._started()
            try:
                send(child.requests, {"question": question, "payload": payload})
                answer = child.answers.read(seconds)
            except TimeoutError:
                self._kill()
                raise LimitReached(
                    f"an answer within {seconds:g} seconds{'' if timeout else ' (live_request_seconds)'}",
                    "none",
                    "Try fewer or shorter texts, or a smaller model.",
                ) from None
            except Closed:
                raise self._died() from None
            except BaseException:  # an interrupted thread leaves an answer on the way that nobody would match with its question
                self._kill()
                raise
        if "error" in answer:
            raise SheetformerError.from_facts(answer["error"])
        return answer["answer"]

    def close(self) -> None:
        """Ends the process. A later question starts a new one."""
        with self._lock:
            self._kill()

    def _warm(self) -> None:
        with self._lock, contextlib.suppress(SheetformerError):  # the first question meets the same failure and reports it
            self._started()

    def _started(self) -> _Child:
        if self._child and self._child.process.poll() is not None:
            self._kill()
        if self._child is None:
            self._child = _Child(self._settings)
        if not self._child.ready:
            self._wait(self._child)
        return self._child

    def _wait(self, child: _Child) -> None:
        """Waits for a process that starts. One that is slow is kept: on a slow machine a new one would be as slow."""
        seconds = self._settings.live_start_seconds
        try:
            child.answers.read(seconds)  # {"ready": ...}
        except TimeoutError:
            child.waits += 1
            if child.waits >= MOST_WAITS:
                self._kill()
            raise NotReady(
                f"the process for models within {seconds:g} seconds (live_start_seconds)",
                "one that is still starting",
                "Try again in a moment. On a slow machine raise the setting live_start_seconds.",
            ) from None
        except Closed:
            raise self._died() from None
        child.ready = True

    def _died(self) -> NotReady:
        code = self._kill()
        if code == -9:
            found = "its process was killed, probably out of memory (live_memory_mb limits it)"
        else:
            found = f"its process ended with code {code}"
        return NotReady("an answer from the model", found, "Ask again: a new process starts. A smaller model needs less memory.")

    def _kill(self) -> int | None:
        child, self._child = self._child, None
        return child.end() if child else None


class _Child:
    """The process ``python -m core.live`` and its two pipes. Whatever libraries print goes to a log, never into an answer."""

    def __init__(self, settings: Settings):
        self.ready, self.waits = False, 0
        folder = settings.home / "live"
        with writing(settings.home):
            folder.mkdir(parents=True, exist_ok=True)
        read_requests, self.requests = os.pipe()
        read_answers, write_answers = os.pipe()
        try:
            with writing(settings.home), _log(folder / "log.txt") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "core.live", str(read_requests), str(write_answers)],
                    cwd=PROJECT_ROOT,
                    env=child_environment(settings),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(read_requests, write_answers),
                    start_new_session=True,  # Ctrl+C in the server's terminal is the server's business
                )
        except BaseException:
            os.close(self.requests)
            os.close(read_answers)
            raise
        finally:
            os.close(read_requests)
            os.close(write_answers)
        self._read_answers = read_answers
        self.answers = LineReader(read_answers)

    def end(self) -> int | None:
        """Kills the process and gives its exit code: its own, where it had ended before."""
        for descriptor in (self.requests, self._read_answers):
            os.close(descriptor)
        with contextlib.suppress(
            subprocess.TimeoutExpired
        ):  # one that has died shows its own code; one that lives leaves on EOF or is killed
            return self.process.wait(0.2)
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(KILL_SECONDS)
        return None


def _log(path: Path) -> BinaryIO:
    """The log of the process, begun anew where it has grown long."""
    long = path.exists() and path.stat().st_size > LOG_BYTES
    return path.open("wb" if long else "ab")

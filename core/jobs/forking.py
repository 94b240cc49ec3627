"""The scheduler's end of the line to the torch-warm parent, ``python -m core.worker.parent``.

The line is a socket that both inherit; a message is one JSON object on one line. The scheduler sends ``{job, token}``; the
parent answers ``{ready}`` once, ``{token, pid, born}`` for each fork, and ``{token, code}`` when that process has ended.
The parent lives no longer than the socket; the processes that it has forked do.
"""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import time
from pathlib import Path

from core.processes import PROJECT_ROOT, child_environment, free_memory
from core.settings import MEGABYTE, Settings

START_AGAIN_SECONDS = 5.0
IMPORT_SECONDS = 60.0
MOST_DEATHS_WHILE_IMPORTING = 3
RECEIVE_BYTES = 65_536
NVIDIA = Path("/dev/nvidiactl")
log = logging.getLogger(__name__)


class Parent:
    """Keeps one parent alive, where the settings and the machine allow one."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.link: socket.socket | None = None
        self._process: subprocess.Popen | None = None
        self._is_ready = False
        self._buffer = b""
        self._started = -START_AGAIN_SECONDS
        self._deaths_while_importing = 0

    def alive(self) -> bool:
        return self.link is not None

    def ready(self) -> bool:
        return self._is_ready

    def importing(self) -> bool:
        """Whether it will be ready soon; one that takes too long is not waited for."""
        return self.alive() and not self._is_ready and time.monotonic() - self._started < IMPORT_SECONDS

    def keep(self) -> None:
        """Starts the parent if there should be one and none is there."""
        if self.link is not None or self._deaths_while_importing >= MOST_DEATHS_WHILE_IMPORTING:
            return
        if time.monotonic() - self._started < START_AGAIN_SECONDS or not wanted(self.settings):
            return
        self._started = time.monotonic()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "core.worker.parent", "--link", str(theirs.fileno())],
                cwd=PROJECT_ROOT,
                env=child_environment(self.settings),
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        ours.setblocking(False)
        self.link, self._is_ready, self._buffer = ours, False, b""

    def ask(self, *, job: str, token: str | None) -> bool:
        """Sends the request to fork a job. ``False`` when the parent is gone."""
        try:
            if self.link is not None:
                self.link.sendall(json.dumps({"job": job, "token": token}).encode() + b"\n")
                return True
        except OSError:
            self._lost()
        return False

    def messages(self) -> list[dict]:
        """What the parent has said since the last call, without its ``{ready}``."""
        found = []
        for message in self._receive():
            if "ready" in message:
                self._is_ready, self._deaths_while_importing = True, 0
                log.info("The parent is warm after %.1f s.", message["ready"])
            else:
                found.append(message)
        return found

    def close(self) -> None:
        """Lets the parent go; it ends by itself when the line is closed, and is killed when it is still importing."""
        if self.link is not None:
            self._lost()

    def _receive(self) -> list[dict]:
        ended = False
        while self.link is not None:
            try:
                data = self.link.recv(RECEIVE_BYTES)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                ended = True
                break
            self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        if ended:
            log.warning("The parent has ended.")
            self._lost()
        return [json.loads(line) for line in lines]

    def _lost(self) -> None:
        if not self._is_ready:
            self._deaths_while_importing += 1
        if self.link is not None:
            self.link.close()
        if self._process is not None:
            self._process.kill()  # its jobs are sessions of their own and live on
            self._process.wait()
        self.link, self._process, self._is_ready = None, None, False


def wanted(settings: Settings) -> bool:
    """Whether a parent pays: quick starts are on, memory is free, and jobs run on the processor.

    CUDA cannot be used in a process that was forked from one with torch loaded, so on such a machine jobs are spawned.
    """
    return settings.quick_starts and not NVIDIA.exists() and free_memory() >= settings.quick_start_free_mb * MEGABYTE

"""The warm parent, ``python -m core.worker.parent``: imports torch and its friends once, then forks a process per job.

It must never run a tensor operation nor touch CUDA: the threads that these start are not in a forked child, which then
waits for them for ever. Importing is all it does.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import logging
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path

from core.errors import printable, safe_traceback
from core.processes import identify
from core.runs.layout import RunFolder, runs_folder
from core.settings import Settings
from core.worker import kinds
from core.worker.main import work

POLL_SECONDS = 0.05
RECEIVE_BYTES = 65_536
log = logging.getLogger(__name__)


def preload(settings: Settings, link: socket.socket) -> bool:
    """Imports what jobs need, then the modules of the kinds of jobs. What cannot be imported is the job's to report.

    A kind's module may have a function ``prepare(settings)``: it is called, and must start no thread. Without any module in
    ``quick_start_modules`` nothing is imported in advance: the process then forks, and each job imports what it needs.

    Returns:
        ``False`` when the scheduler has gone in the meantime.
    """
    if not settings.quick_start_modules:
        return True
    for name in (*settings.quick_start_modules, *kinds.modules()):
        if select.select([link], [], [], 0)[0]:  # nothing is asked before {ready}: readable means closed
            return False
        try:
            module = importlib.import_module(name)
            if name in kinds.modules() and hasattr(module, "prepare"):
                module.prepare(settings)
        except Exception as error:  # a broken library must not take the quick starts of other kinds away
            log.warning("%s cannot be imported in advance: %s", name, printable(f"{type(error).__name__}: {error}"))
    return True


class Forker:
    """Forks on demand and reports how each child ended."""

    def __init__(self, settings: Settings, link: socket.socket):
        self.settings = settings
        self.link = link
        self._tokens: dict[int, str] = {}
        self._buffer = b""

    def run(self) -> None:
        """Works until the line to the scheduler is closed or the data folder is gone. Its children live on."""
        while self.settings.home.is_dir():
            if select.select([self.link], [], [], POLL_SECONDS)[0]:
                data = self.link.recv(RECEIVE_BYTES)
                if not data:
                    return
                *lines, self._buffer = (self._buffer + data).split(b"\n")
                for line in lines:
                    self._fork(**json.loads(line))
            self._reap()

    def tell(self, **message: object) -> None:
        self.link.sendall(json.dumps(message).encode() + b"\n")

    def _fork(self, job: str, token: str) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            pid = os.fork()
        except OSError as error:
            self.tell(token=token, error=str(error))
            return
        if pid == 0:
            become_job(self.settings, self.link, job, token)
        self._tokens[pid] = token
        # Not reaped before this line, so the child is in the process table even if it has ended already.
        identity = identify(pid)
        self.tell(token=token, pid=pid, born=identity.born if identity else 0.0)

    def _reap(self) -> None:
        while self._tokens:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            if pid in self._tokens:
                self.tell(token=self._tokens.pop(pid), code=os.waitstatus_to_exitcode(status))


def become_job(settings: Settings, link: socket.socket, job: str, token: str) -> None:
    """Turns a fresh fork into the process of a job: a session, a log and signals of its own. Never returns."""
    code = 1
    try:
        link.close()
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _redirect(RunFolder(runs_folder(settings) / job).log_path)
        gc.enable()
        code = work(settings, job, token)
    except BaseException as error:
        os.write(2, safe_traceback(error).encode("utf-8", "replace"))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(log_path: Path) -> None:
    """Standard input from nowhere, output and errors to the log of the run."""
    nowhere = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(nowhere, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nowhere)
    os.close(output)


def main() -> None:
    """Entry point of the process; the settings come from its environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--link", type=int, required=True, help="open socket to the scheduler")
    link = socket.socket(fileno=parser.parse_args().link)
    os.set_inheritable(link.fileno(), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = Settings()
    started = time.monotonic()
    if not preload(settings, link):
        return
    # What is loaded now is shared with every child; a collection would touch, and so copy, all of it.
    gc.collect()
    gc.freeze()
    forker = Forker(settings, link)
    forker.tell(ready=time.monotonic() - started)
    forker.run()


if __name__ == "__main__":
    main()

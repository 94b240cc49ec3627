"""The scheduler: a process of its own, one per data folder, ``python -m core.jobs.scheduler``.

It holds no state that matters. Everything needed to go on is in the queue, in the run folders and in the process table,
so a new scheduler adopts what an old one has started.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import logging
import os
import sqlite3
import time
from dataclasses import asdict

from core import processes
from core.errors import SheetformerError
from core.jobs import keeper, queue, settle, store
from core.jobs.runner import read_final, record_process
from core.jobs.starter import EXIT_CODE_SECONDS, Starter
from core.jobs.stopping import Stopper
from core.jobs.store import Row
from core.processes import Identity
from core.runs.layout import RunFolder, runs_folder
from core.schema import ACTIVE_STATES, JobState
from core.settings import Settings

POLL_SECONDS = 0.05
SERVER_POLL_SECONDS = 0.5
TROUBLE_SECONDS = 1.0
log = logging.getLogger(__name__)


class Scheduler:
    """Starts, watches and ends the jobs of one data folder.

    Args:
        lock: open file of ``scheduler.lock``, locked already.
    """

    def __init__(self, settings: Settings, lock: int):
        self.settings = settings
        self.lock = lock
        self.starter = Starter(settings)
        self.stopper = Stopper(settings)
        self.connection = store.connect(settings, create=False)
        self._found_dead: dict[str, float] = {}
        self._last_needed = time.monotonic()
        self._servers_looked = -SERVER_POLL_SECONDS
        self._server_lived = False

    def run(self) -> None:
        """Works until nobody needs it or the data folder is gone."""
        self._sign()
        try:
            while self._folder_is_ours():
                try:
                    needed = self.tick()
                except (sqlite3.DatabaseError, SheetformerError) as error:
                    log.warning("Trying again: %s", error)
                    self.starter.wait(TROUBLE_SECONDS)
                    continue
                if needed:
                    self._last_needed = time.monotonic()
                elif time.monotonic() - self._last_needed > self.settings.idle_exit_seconds and self._leave():
                    return
                self.starter.wait(POLL_SECONDS)
            self._end_all()
        finally:
            self.starter.parent.close()
            self.connection.close()

    def tick(self) -> bool:
        """One look at everything.

        Returns:
            Whether there is a reason to stay: a job that has not ended, or a server.
        """
        self.starter.parent.keep()
        for token, identity in self.starter.collect():
            record_process(self.settings, token, identity)
        active = store.in_states(self.connection, ACTIVE_STATES)
        for row in active:
            if row.state != JobState.QUEUED:
                self._attend(row)
        if any(row.state == JobState.QUEUED for row in active):
            self._start_some()
        return bool(active) or self._server_lives()

    def _attend(self, row: Row) -> None:
        """Looks after a job that has been started, by this scheduler or by one before it."""
        if row.identity is None:
            if not self.starter.expects(row.token):
                log.info("Job %s was never started; back into the queue.", row.id)
                settle.give_back(self.connection, row)
        elif processes.alive(row.identity):
            if row.state == JobState.STOPPING:
                self.stopper.press(row)
            else:
                self.stopper.look(row)
        elif not self._code_may_come(row):
            settle.bury(row, self.stopper.family(row.token))
            self._found_dead.pop(row.token, None)
            code = self.starter.take_code(row.token)
            if settle.settle(self.settings, self.connection, row, code):
                log.info("Job %s, attempt %d: its process has ended (%s).", row.id, row.attempt, code)

    def _code_may_come(self, row: Row) -> bool:
        """A dead process is left alone for a moment while its exit code, which tells a kill from a crash, is on its way."""
        if read_final(RunFolder(runs_folder(self.settings) / row.id), row.attempt) is not None:
            return False
        since = self._found_dead.setdefault(row.token, time.monotonic())
        return self.starter.code_pending(row.token) and time.monotonic() - since < EXIT_CODE_SECONDS

    def _start_some(self) -> None:
        while row := queue.claim_next(self.settings, self.connection, self.starter.kinds_now()):
            log.info("Job %s, attempt %d: starting.", row.id, row.attempt)
            try:
                identity = self.starter.start(row)
            except OSError as error:
                log.error("Job %s could not be started: %s", row.id, error)
                identity = Identity(0, 0.0)  # no process has pid 0: it counts as crashed, so it is tried once more and not for ever
            if identity is not None:
                record_process(self.settings, str(row.token), identity)

    def _server_lives(self) -> bool:
        if time.monotonic() - self._servers_looked < SERVER_POLL_SECONDS:
            return self._server_lived
        self._servers_looked = time.monotonic()
        servers = [Identity(*record) for record in self.connection.execute("SELECT pid, born FROM servers").fetchall()]
        dead = [server for server in servers if not processes.alive(server)]
        for server in dead:
            self.connection.execute("DELETE FROM servers WHERE pid = ? AND born = ?", (server.pid, server.born))
        self._server_lived = len(dead) < len(servers)
        return self._server_lived

    def _folder_is_ours(self) -> bool:
        """Whether the lock file that we hold is still the one in the data folder: a folder may vanish, or be made anew."""
        try:
            there, ours = keeper.lock_path(self.settings).stat(), os.fstat(self.lock)
        except FileNotFoundError:
            return False
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def _end_all(self) -> None:
        """Ends the jobs of a data folder that is no more: they have nowhere to write to."""
        log.warning("The data folder is gone; so are its jobs.")
        me = processes.identify(os.getpid())
        jobs = [row for row in store.in_states(self.connection, store.STARTED_STATES) if row.identity]
        doomed = {row.identity for row in jobs}.union(*(processes.family(row.identity) | self.stopper.family(row.token) for row in jobs))
        processes.kill(doomed - {me})

    def _leave(self) -> bool:
        """Gives the lock back, then looks once more: a job submitted a moment ago saw a scheduler and started none."""
        os.ftruncate(self.lock, 0)
        fcntl.flock(self.lock, fcntl.LOCK_UN)
        if not store.in_states(self.connection, ACTIVE_STATES) or not keeper.try_lock(self.lock):
            return True
        self._sign()
        return False

    def _sign(self) -> None:
        me = processes.identify(os.getpid())
        text = json.dumps(asdict(me)) if me else ""
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, text.encode(), 0)


def main() -> None:
    """Entry point of the process; the settings come from its environment."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--lock", type=int, required=True, help="open file that holds the lock")
    lock = arguments.parse_args().lock
    os.set_inheritable(lock, False)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = Settings()
    if not store.database_path(settings).exists():
        store.connect(settings).close()
    Scheduler(settings, lock).run()


if __name__ == "__main__":
    main()

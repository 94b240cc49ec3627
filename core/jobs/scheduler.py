"""The scheduler: a process of its own, one per data folder, ``python -m core.jobs.scheduler``.

It holds no state that matters. Everything needed to go on is in the queue, in the run folders and in the process table,
so a new scheduler adopts what an old one has started.
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import sqlite3
import time
from pathlib import Path

from core import processes
from core.errors import SheetformerError, printable
from core.jobs import keeper, queue, settle, store
from core.jobs.lookout import Heart
from core.jobs.runner import read_final, record_process
from core.jobs.starter import EXIT_CODE_SECONDS, Starter
from core.jobs.stopping import Stopper
from core.jobs.store import Row
from core.jobs.troubles import Troubles
from core.processes import Identity
from core.runs.layout import RunFolder, runs_folder
from core.schema import ACTIVE_STATES, JobState
from core.settings import Settings

POLL_SECONDS = 0.05
SERVER_POLL_SECONDS = 0.5
TROUBLE_SECONDS = 1.0
DAMAGED = "The folder of this run is gone or damaged: it has no spec.json. Delete the job and start a new one."
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
        self._database = _place(store.database_path(settings).stat())
        self._found_dead: dict[str, float] = {}
        self._last_needed = time.monotonic()
        self._servers_looked = -SERVER_POLL_SECONDS
        self._server_lived = False
        self._heart = Heart(lock)
        self._troubles = Troubles()

    def run(self) -> None:
        """Works until nobody needs it or the data folder is gone."""
        keeper.sign(self.lock, processes.identify(os.getpid()))
        try:
            while self._folder_is_ours():
                self._heart.beat(self._troubles)
                try:
                    needed = self.tick()
                except Exception as error:  # whatever it is, the next look may go well, and jobs wait for it
                    self._troubles.tell("Trying again", error)
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
                self._attend_safely(row)
        if any(row.state == JobState.QUEUED for row in active):
            self._start_some()
        return bool(active) or self._server_lives()

    def _attend_safely(self, row: Row) -> None:
        """Keeps the trouble with one job, such as a damaged folder, from the others. A queue that does not answer is everybody's."""
        try:
            self._attend(row)
        except sqlite3.DatabaseError:
            raise
        except Exception as error:
            self._troubles.tell(f"Job {row.id}", error)
            if row.identity is None or not processes.alive(row.identity):
                settle.give_up(self.connection, row, f"The job cannot be looked after: {printable(str(error))}; see scheduler.log.")

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
            code = self.starter.code_of(row.token)
            if settle.settle(self.settings, self.connection, row, code):
                log.info("Job %s, attempt %d: its process has ended (%s).", row.id, row.attempt, code)
            self._found_dead.pop(row.token, None)  # only now: on a full disk the end is noted later, and deserves the same words
            self.starter.forget(row.token)

    def _code_may_come(self, row: Row) -> bool:
        """A dead process is left alone for a moment while its exit code, which tells a kill from a crash, is on its way."""
        if read_final(RunFolder(runs_folder(self.settings) / row.id), row.attempt) is not None:
            return False
        since = self._found_dead.setdefault(row.token, time.monotonic())
        return self.starter.code_pending(row.token) and time.monotonic() - since < EXIT_CODE_SECONDS

    def _start_some(self) -> None:
        while row := queue.claim_next(self.settings, self.connection, self.starter.kinds_now()):
            if not self._has_spec(row):
                log.error("Job %s: its folder is gone or damaged.", row.id)
                settle.give_up(self.connection, row, DAMAGED)
                continue
            log.info("Job %s, attempt %d: starting.", row.id, row.attempt)
            try:
                identity = self.starter.start(row)
            except OSError as error:
                self._troubles.tell(f"Job {row.id}", error)
                settle.crash(self.settings, self.connection, row, _in_words(error))
                continue
            if identity is not None:
                record_process(self.settings, str(row.token), identity)

    def _has_spec(self, row: Row) -> bool:
        try:
            return RunFolder(runs_folder(self.settings) / row.id).spec_path.is_file()
        except OSError:  # a disk that does not answer: the process will say more
            return True

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
        """Whether lock and queue are still the files that we hold open: a folder may vanish, be made anew, or be put back."""
        try:
            lock, database = keeper.lock_path(self.settings).stat(), store.database_path(self.settings).stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:  # a disk that does not answer is no reason to end anybody's job
            self._troubles.tell("Looking for the data folder", error)
            return True
        return _place(lock) == _place(os.fstat(self.lock)) and _place(database) == self._database

    def _end_all(self) -> None:
        """Ends the jobs of a data folder that is no more: they have nowhere to write to."""
        log.warning("The data folder or its queue is gone or another one; so are the jobs.")
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
        keeper.sign(self.lock, processes.identify(os.getpid()))
        return False


def _in_words(error: OSError) -> str:
    """Why a process could not be started, without the path of this server."""
    name = f" ({printable(Path(os.fsdecode(error.filename)).name)})" if error.filename else ""
    return f"The process could not be started: {error.strerror}{name}."


def _place(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def begin(settings: Settings, lock: int) -> Scheduler | None:
    """A scheduler over the queue as soon as that can be opened; ``None`` when it cannot for ``database_wait_seconds``.

    A file may be locked, in repair after a crash, or on a full disk for a moment. Whoever asked for a scheduler asks once.
    """
    troubles, heart = Troubles(), Heart(lock)
    deadline = time.monotonic() + settings.database_wait_seconds
    while settings.home.is_dir():
        heart.beat(troubles)
        try:
            if not store.database_path(settings).exists():
                store.connect(settings).close()
            return Scheduler(settings, lock)
        except (sqlite3.DatabaseError, SheetformerError, OSError) as error:
            troubles.tell("The queue cannot be opened", error)
            if time.monotonic() >= deadline:
                return None
            time.sleep(TROUBLE_SECONDS)
    return None


def main() -> None:
    """Entry point of the process; the settings come from its environment."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--lock", type=int, required=True, help="open file that holds the lock")
    lock = arguments.parse_args().lock
    os.set_inheritable(lock, False)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    scheduler = begin(Settings(), lock)
    if scheduler is not None:
        scheduler.run()


if __name__ == "__main__":
    main()

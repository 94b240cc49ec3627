"""Downloads with progress: each in a process of its own, which goes on when a page is closed and can be stopped."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from core.errors import Conflict, LimitReached, RunFailed, SheetformerError
from core.hub.client import MAIN
from core.hub.repositories import Repository
from core.processes import PROJECT_ROOT, child_environment
from core.settings import MEGABYTE, Settings

State = Literal["running", "done", "stopped", "failed"]


@dataclass(frozen=True)
class Arrived:
    """How far a download is.

    Args:
        bytes_done: on this machine, those of earlier tries included.
        bytes_per_second: since it was started; 0 until something came.
        seconds_left: ``None`` while nobody knows.
    """

    state: State
    bytes_done: int
    bytes_total: int | None
    bytes_per_second: float
    seconds_left: float | None
    error: SheetformerError | None = None

    def words(self) -> str:
        """``12.0 of 268.0 MB, 3.1 MB/s, 83 s left``."""
        total = f" of {self.bytes_total / MEGABYTE:,.1f}" if self.bytes_total else ""
        left = f", {self.seconds_left:,.0f} s left" if self.seconds_left is not None else ""
        return f"{self.bytes_done / MEGABYTE:,.1f}{total} MB, {self.bytes_per_second / MEGABYTE:,.1f} MB/s{left}"


class Fetch:
    """One download of a model at a commit.

    Args:
        token: of whoever asked for it; handed over by a pipe.
        name: branch or tag that stands for the commit now; ``None`` where nobody knows one.
        on_done: called when everything has come, in a thread of its own: no page has to be open.
    """

    def __init__(
        self,
        settings: Settings,
        repository: Repository,
        *,
        token: str | None = None,
        name: str | None = MAIN,
        cache: Path | None = None,
        on_done: Callable[[], None] | None = None,
    ) -> None:
        self.repository = repository
        self.key = repository.id
        self.with_token = token is not None
        self._on_done = on_done
        self._cache = cache or cache_folder()
        self._before, self._began = self._here(), time.monotonic()
        self._stopped = threading.Event()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.hub"],
            cwd=PROJECT_ROOT,
            env=child_environment(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        self._outcome: dict[str, object] = {}
        asked = {"repository": repository.id, "commit": repository.commit, "name": name, "token": token}
        self._reader = threading.Thread(target=self._talk, args=(json.dumps(asked) + "\n",), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Ends it; what has come stays for the next one."""
        if self._process.poll() is None:
            self._stopped.set()
            self._process.kill()
        self._reader.join()

    def wait(self, seconds: float | None = None) -> Arrived:
        """How far it is when it has ended, or after so many seconds."""
        self._reader.join(seconds)
        return self.now()

    def now(self) -> Arrived:
        """How far it is."""
        running, total = self._reader.is_alive(), self.repository.size_bytes
        state: State = "running" if running else self._ended()
        done = total if state == "done" and total is not None else self._here()
        rate = max(0, done - self._before) / max(time.monotonic() - self._began, 1e-3)
        left = (total - done) / rate if running and total and rate else None
        return Arrived(state, done, total, rate, left, self._error() if state == "failed" else None)

    def _talk(self, asked: str) -> None:
        """Asks the process and waits for its answer."""
        said, _ = self._process.communicate(asked)
        try:
            self._outcome = json.loads(said.splitlines()[-1])
        except (ValueError, IndexError):
            self._outcome = {}
        if "folder" in self._outcome and self._on_done is not None:
            try:
                self._on_done()
            except SheetformerError as error:  # such as a full disk: the files are here, and the page says what is missing
                self._outcome = {"error": error.to_facts()}

    def _ended(self) -> State:
        if "folder" in self._outcome:
            return "done"
        return "stopped" if self._stopped.is_set() else "failed"

    def _error(self) -> SheetformerError:
        facts = self._outcome.get("error")
        if isinstance(facts, dict):
            return SheetformerError.from_facts(facts)
        return RunFailed(
            f"the files of {self.repository.id}",
            f"a process that ended with code {self._process.returncode}",
            "Fetch it again: it goes on.",
        )

    def _here(self) -> int:
        """Bytes of the repository on this machine: whole files, and parts of files."""
        blobs = self._cache / f"models--{self.repository.id.replace('/', '--')}" / "blobs"
        total = 0
        for path in blobs.glob("*"):
            try:
                total += path.stat().st_size
            except OSError:  # renamed a moment ago: it counts the next time
                continue
        return total


class Fetching(Protocol):
    """What a list of downloads asks of each: its name in the list, whether its process was given a token, how far it is, and an end."""

    key: str
    with_token: bool

    def now(self) -> Any: ...

    def stop(self) -> None: ...


Kind = TypeVar("Kind", bound=Fetching)


@dataclass
class Fetches:
    """The downloads of one server, of models and of what else is :class:`Fetching`. Workspaces see their own only; safe for threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _all: dict[tuple[str, str], Any] = field(default_factory=dict)

    def start(
        self,
        settings: Settings,
        workspace: str,
        repository: Repository,
        *,
        token: str | None = None,
        on_done: Callable[[], None] | None = None,
    ) -> Fetch:
        """Starts the download of a model, or gives the one that runs.

        Raises:
            LimitReached: ``max_fetches`` of them run.
            Conflict: another revision of the same model is being fetched.
        """
        with self._lock:
            running = self._running()
            mine = running.get((workspace, repository.id))
            if mine is not None and mine.repository.commit == repository.commit:
                return mine
            if any(name == repository.id for _, name in running):
                raise Conflict("one download of a model at a time", f"{repository.id} being fetched", "Wait until it is here.")
            return self._add(settings, workspace, repository.id, lambda: Fetch(settings, repository, token=token, on_done=on_done))

    def begin(self, settings: Settings, workspace: str, key: str, make: Callable[[], Kind]) -> Kind:
        """Starts what ``make`` makes, or gives what runs in this workspace under the same key.

        Raises:
            LimitReached: ``max_fetches`` of them run.
        """
        with self._lock:
            running = self._running().get((workspace, key))
            return running if running is not None else self._add(settings, workspace, key, make)

    def _running(self) -> dict[tuple[str, str], Any]:
        return {place: fetch for place, fetch in self._all.items() if fetch.now().state == "running"}

    def _add(self, settings: Settings, workspace: str, key: str, make: Callable[[], Kind]) -> Kind:
        if len(self._running()) >= settings.max_fetches:
            raise LimitReached(f"at most {settings.max_fetches} downloads at once (max_fetches)", "one more", "Wait for one to end.")
        fetch = self._all[workspace, key] = make()
        return fetch

    def of(self, workspace: str) -> list[Any]:
        """A workspace's downloads, ended ones too, newest last."""
        with self._lock:
            return [fetch for (whose, _), fetch in self._all.items() if whose == workspace]

    def forget(self, workspace: str, key: str) -> None:
        """Takes an ended download off the list."""
        with self._lock:
            fetch = self._all.get((workspace, key))
            if fetch is not None and fetch.now().state != "running":
                del self._all[workspace, key]

    def sign_out(self, workspace: str) -> None:
        """Stops a workspace's downloads whose processes were given a token; what has come stays."""
        for fetch in self.of(workspace):
            if fetch.with_token:
                fetch.stop()

    def close(self) -> None:
        """Stops all of them: the server ends."""
        with self._lock:
            fetches = list(self._all.values())
        for fetch in fetches:
            fetch.stop()


def cache_folder() -> Path:
    """Where downloads go."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)

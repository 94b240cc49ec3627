"""Downloads of models, with progress."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from core.errors import Conflict, LimitReached, SheetformerError
from core.hub.client import MAIN
from core.hub.repositories import Repository
from core.settings import MEGABYTE, Settings
from core.work import Work, WorkList, WorkState


@dataclass(frozen=True)
class Arrived:
    """How far a download is.

    Args:
        bytes_done: on this machine, those of earlier tries included.
        bytes_per_second: since it was started; 0 until something came.
        seconds_left: ``None`` while nobody knows.
    """

    state: WorkState
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


class Fetch(Work):
    """One download of a model at a commit; what has come stays when it is stopped.

    Args:
        token: of whoever asked for it.
        name: branch or tag that stands for the commit now; ``None`` where nobody knows one.
        on_done: called when everything has come.
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
        self.repository, self.key = repository, repository.id
        self._cache = cache or cache_folder()
        self._before, self._began = self._here(), time.monotonic()
        asked = {"repository": repository.id, "commit": repository.commit, "name": name, "token": token}
        super().__init__(settings, "core.hub", asked, outcome="folder", on_done=on_done)

    def wait(self, seconds: float | None = None) -> Arrived:
        """How far it is when it has ended, or after so many seconds."""
        self.join(seconds)
        return self.now()

    def now(self) -> Arrived:
        """How far it is."""
        state, total = self.state, self.repository.size_bytes
        done = total if state == "done" and total is not None else self._here()
        rate = max(0, done - self._before) / max(time.monotonic() - self._began, 1e-3)
        left = (total - done) / rate if state == "running" and total and rate else None
        error = self.error(f"the files of {self.repository.id}", "Fetch it again: it goes on.") if state == "failed" else None
        return Arrived(state, done, total, rate, left, error)

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


Kind = TypeVar("Kind", bound=Work)


class Fetches(WorkList[Any]):
    """The downloads of one server: of models, and of what else is :class:`core.work.Work`."""

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
            running = self.running()
            mine = running.get((workspace, repository.id))
            if mine is not None and mine.repository.commit == repository.commit:
                return mine
            if any(name == repository.id for _, name in running):
                raise Conflict("one download of a model at a time", f"{repository.id} being fetched", "Wait until it is here.")
            return self.begin(settings, workspace, repository.id, lambda: Fetch(settings, repository, token=token, on_done=on_done))

    def begin(self, settings: Settings, workspace: str, key: str, make: Callable[[], Kind]) -> Kind:
        """Starts what ``make`` makes, or gives what runs in this workspace under the same key.

        Raises:
            LimitReached: ``max_fetches`` of them run.
        """
        with self._lock:
            running = self.running()
            if (mine := running.get((workspace, key))) is not None:
                return mine
            if len(running) >= settings.max_fetches:
                raise LimitReached(f"at most {settings.max_fetches} downloads at once (max_fetches)", "one more", "Wait for one to end.")
            return self.add(workspace, key, make())


def cache_folder() -> Path:
    """Where downloads go."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)

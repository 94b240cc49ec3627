"""Queues without processes: what a scheduler would do, a test does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import processes
from core.jobs import api, store
from core.settings import Settings


@pytest.fixture
def queue_only(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Keeps the API from starting a scheduler, and counts how often it wanted to."""
    calls: list[Settings] = []
    monkeypatch.setattr(api, "ensure_scheduler", calls.append)
    return calls


@pytest.fixture
def connection(settings: Settings) -> Iterator[sqlite3.Connection]:
    with store.opened(settings) as connection:
        yield connection


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Settings]:
    """Settings for tests with real processes: quick to end, no torch; nothing outlives the test."""
    settings = Settings(home=tmp_path / "home", idle_exit_seconds=0.5, stop_grace_seconds=0.5, quick_starts=False)
    yield settings
    processes.kill(processes.processes_of(settings))

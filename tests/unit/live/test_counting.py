"""A column counted in parts: it says how far it is, stops where it is told to, goes on, and ends with the figures of the whole."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import LimitReached
from core.inspect import tokens
from core.inspect.tokens import column as columns
from core.live import Count, Counts
from core.settings import Settings
from tests.unit.inspect.tokens.conftest import made
from tests.unit.tasks.tokenizers import byte_level

ROWS = 20
LONG = 60


class Shelf:
    """One tokenizer for whoever asks."""

    def __init__(self) -> None:
        self.reader = made(byte_level())

    def get(self, *asked: Any) -> Any:
        return self.reader


class Process:
    """Answers as the warm process does; each part waits to be let through."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.shelf = settings, Shelf()
        self.parts, self.failing = 0, False
        self.asked, self.allowed = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, question: str, payload: dict[str, Any]) -> dict[str, Any]:
        if payload["view"] == "column_part":
            self.asked.release()
            assert self.allowed.acquire(timeout=LONG)
            self.parts += 1
            if self.failing:
                raise LimitReached("an answer", "none", "Try again.")
        return tokens.show(self.settings, self.shelf, payload["view"], payload["model"], arguments=payload["arguments"])  # type: ignore[arg-type]

    def let(self, parts: int) -> None:
        """Waits until so many more parts are asked for, and answers them."""
        for _ in range(parts):
            assert self.asked.acquire(timeout=LONG)
            self.allowed.release()


@pytest.fixture
def payload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(columns, "WINDOW_ROWS", 5)
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"text": [f"the battery broke after {row} days" for row in range(ROWS)]}), path)
    return {"model": "local:tiny", "class": "AutoTokenizer", "arguments": {"path": str(path), "column": "text", "every": False}}


@pytest.fixture
def process() -> Process:
    return Process(Settings(token_part_seconds=0))


def whole(process: Process, payload: dict[str, Any]) -> dict[str, Any]:
    found = columns.read_column(Settings(), process.shelf.reader, Path(payload["arguments"]["path"]), "text")
    return found.model_dump(mode="json")


def test_parts_add_up_to_the_whole(process, payload) -> None:
    count = Count(process, payload)
    process.let(2)
    assert process.asked.acquire(timeout=LONG)  # the third part is asked for: two are counted
    now = count.now()
    assert (now.state, now.rows_done, now.rows, now.result) == ("running", 10, ROWS, None)
    assert now.rows_per_second > 0 and now.seconds_left is not None
    process.allowed.release()
    process.let(1)
    ended = count.wait(LONG)
    assert (ended.state, ended.rows_done, ended.seconds_left) == ("done", ROWS, None) and process.parts == 4
    assert ended.result == whole(process, payload)
    count.go_on()
    assert count.now().state == "done" and process.parts == 4, "there is nothing left to count"


def test_a_stopped_count_shows_what_it_has_and_goes_on(process, payload) -> None:
    count = Count(process, payload)
    assert process.asked.acquire(timeout=LONG)
    count.stop()
    process.allowed.release()
    ended = count.wait(LONG)
    assert (ended.state, ended.rows_done) == ("stopped", 5) and "counting was stopped" in ended.result["sampled"]
    count.go_on()
    process.let(3)
    assert count.wait(LONG).result == whole(process, payload)


def test_a_failure_is_told_and_the_rest_can_be_counted(process, payload) -> None:
    process.failing = True
    count = Count(process, payload)
    process.let(1)
    ended = count.wait(LONG)
    assert ended.state == "failed" and ended.result is None and isinstance(ended.error, LimitReached)
    process.failing = False
    count.go_on()
    process.let(4)
    assert count.wait(LONG).state == "done"


def test_whoever_asks_the_same_gets_the_same_count(process, payload) -> None:
    counts = Counts()
    first = counts.get("one", process, payload)
    assert counts.get("one", process, payload) is first and counts.get("two", process, payload) is not first
    assert process.asked.acquire(timeout=LONG) and process.asked.acquire(timeout=LONG)
    counts.close()
    process.allowed.release(2)
    assert first.wait(LONG).state == "stopped"

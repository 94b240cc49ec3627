"""Parts of a data set: whole or not there, and a place to go on from."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from core.errors import CannotWrite
from core.settings import Settings
from core.tables.hub import parts as module
from core.tables.hub.parts import BATCH_ROWS, Parts, parts_folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, min_free_disk_mb=1)


def batch(start: int, rows: int = BATCH_ROWS) -> pa.Table:
    return pa.table({"n": list(range(start, start + rows))})


def numbers(parts: Parts, rows: int | None = None) -> list[int]:
    return [number for one in parts.batches(rows) for number in one.column("n").to_pylist()]


def test_what_was_written_is_found_again_with_its_place(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = Parts(settings, tmp_path / "one")
    parts.add(batch(0), {"at": 500})
    parts.add(batch(500), {"at": 1_000})
    parts.flush()
    parts.add(batch(1_000), {"at": 1_500})  # lost: a kill came before it was written
    again = Parts(settings, tmp_path / "one")
    assert (again.rows, again.place, again.whole) == (1_000, {"at": 1_000}, False) and numbers(again, 700) == list(range(700))
    monkeypatch.setattr(module, "PART_BYTES", 1)
    again.add(batch(1_000, 30), {"at": 1_030})
    again.flush(whole=True)
    ended = Parts(settings, tmp_path / "one")
    assert ended.whole and numbers(ended) == list(range(1_030)) and [len(one) for one in ended.batches()] == [500, 500, 30]
    ended.clear()
    assert Parts(settings, tmp_path / "one").rows == 0


def test_a_full_disk_is_said_before_it_is_full(settings: Settings, tmp_path: Path) -> None:
    parts = Parts(settings.model_copy(update={"min_free_disk_mb": 10**9}), tmp_path / "one")
    parts.add(batch(0), {})
    with pytest.raises(CannotWrite, match="min_free_disk_mb"):
        parts.flush()


def test_parts_that_nobody_asked_about_leave(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Parts(settings, parts_folder(settings, "mine", "old")).folder
    parts_folder(settings, "mine", "new")
    assert old.exists()
    monkeypatch.setattr(module, "KEEP_SECONDS", -1)
    parts_folder(settings, "mine", "old")
    assert old.exists(), "its own are asked about"
    parts_folder(settings, "mine", "new")
    assert not old.exists()

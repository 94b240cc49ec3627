"""A merged model for a download: one zip that holds a model, for its workspace, within its limits, and never half written."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path

import pytest

from core import models
from core.errors import CannotWrite, LimitReached, NotFound
from core.live import merging
from core.live.merging import merged_zip, write_merged_zip
from core.live.questions import Desk
from core.settings import Settings

ME = "mine-1"


@pytest.fixture
def moods(tmp_path: Path) -> Settings:
    """A workspace with one adapter."""
    made = Settings(home=tmp_path / "home")
    put(made, "moods")
    return made


def put(settings: Settings, name: str, *, replace: bool = False) -> None:
    models.put_adapter(settings, ME, name, models.resolve(settings, "embedded:sentiment").adapter, replace=replace)


def test_each_adapter_has_a_place_of_its_own(moods: Settings) -> None:
    first = merged_zip(moods, ME, "moods")
    assert first == merged_zip(moods, ME, "moods") and not first.exists()
    put(moods, "moods-2")
    assert merged_zip(moods, ME, "moods-2") != first
    put(moods, "moods", replace=True)
    assert merged_zip(moods, ME, "moods") != first


def test_another_workspace_has_none(moods: Settings) -> None:
    for ask in (merged_zip, write_merged_zip):
        with pytest.raises(NotFound):
            ask(moods, "theirs-1", "moods")


def test_too_large_a_model_is_refused_before_it_is_loaded(moods: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "write_whole", lambda *_: pytest.fail("loaded"))
    with pytest.raises(LimitReached, match="max_merge_mb"):
        write_merged_zip(moods.model_copy(update={"max_merge_mb": 50}), ME, "moods")


def test_old_zips_and_what_a_killed_process_left_go(moods: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = merged_zip(moods, ME, "moods").parent
    left = shelf / ".writing-1234"
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(b"half")
    for name in ("old.zip", "new.zip"):
        (shelf / name).write_bytes(b"zip")
    for path in (left, shelf / "old.zip"):
        os.utime(path, (time.time() - 2 * merging.KEPT_SECONDS,) * 2)
    monkeypatch.setattr(merging, "write_whole", lambda files, out: out.mkdir())
    made = write_merged_zip(moods, ME, "moods")
    assert {path.name for path in shelf.iterdir()} == {"new.zip", made.name}


def test_a_full_disk_leaves_nothing(moods: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(files: object, out: Path) -> None:
        out.mkdir()
        (out / "model.safetensors").write_bytes(b"half")
        raise CannotWrite("free space", "none", "Free some.")

    monkeypatch.setattr(merging, "write_whole", full)
    with pytest.raises(CannotWrite):
        write_merged_zip(moods, ME, "moods")
    assert list(merged_zip(moods, ME, "moods").parent.iterdir()) == []


@pytest.mark.model
@pytest.mark.slow
def test_the_warm_process_writes_a_model(moods: Settings, tmp_path: Path) -> None:
    answer = Desk(moods).answer("merge", {"workspace": ME, "adapter": "moods"})
    made = merged_zip(moods, ME, "moods")
    assert answer == {"size_bytes": made.stat().st_size}
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "roots" / "whole")
    again = moods.model_copy(update={"model_roots": (tmp_path / "roots",)})
    assert models.add_local(again, tmp_path / "roots" / "whole", "whole").labels == ["negative", "positive"]

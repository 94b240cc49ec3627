"""Registering a folder where nothing can be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import CannotWrite
from core.models import local
from core.settings import Settings


def test_a_registry_that_finds_no_room_keeps_its_names_and_says_why(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "check_root", lambda settings, folder: folder)
    monkeypatch.setattr(local, "check_folder", lambda settings, folder: {})
    monkeypatch.setattr(local, "describe_folder", lambda *_: None)
    local.add_local(settings, tmp_path, "one")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(local, "write_bytes", full)
    with pytest.raises(CannotWrite, match="free space on the disk of"):
        local.add_local(settings, tmp_path, "two")
    assert local.read_registry(settings) == {"one": str(tmp_path)}

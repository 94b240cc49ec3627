"""Files that are whole or absent, their hashes and links."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from core.files import link_or_copy, replacing, sha256_of, write_bytes, write_json


def test_a_file_that_could_not_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_bytes(path, b"old")
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_bytes(path, b"old")
    with replacing(path, durable=False) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_a_name_as_long_as_the_disk_allows_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 125 + ".csv")
    write_bytes(path, b"x")
    assert path.read_bytes() == b"x"


def test_json_keeps_text_that_is_no_unicode(tmp_path: Path) -> None:
    value = {"source": os.fsdecode(b"caf\xe9.csv"), "name": "é"}
    write_json(tmp_path / "x.json", value)
    assert json.loads((tmp_path / "x.json").read_bytes()) == value
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", float("nan"))


def test_durable_files_and_their_folders_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("core.files.sync", synced.append)
    write_bytes(tmp_path / "a", b"", durable=False)
    assert synced == []
    write_bytes(tmp_path / "b", b"")
    assert [path.parent for path in synced] == [tmp_path, tmp_path.parent]


def test_a_hash_is_of_the_bytes(tmp_path: Path) -> None:
    write_bytes(tmp_path / "x", b"abc")
    assert sha256_of(tmp_path / "x") == hashlib.sha256(b"abc").hexdigest()
    assert sha256_of(tmp_path / "none") == ""


def test_a_file_is_linked_or_copied_but_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    link_or_copy(source, tmp_path / "link")
    assert (tmp_path / "link").samefile(source)
    with pytest.raises(FileExistsError):
        link_or_copy(source, tmp_path / "link")

    def cannot(source: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", cannot)
    link_or_copy(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"x"
    assert not (tmp_path / "copy").samefile(source)

"""Files that are whole or absent, their hashes and links."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from core.errors import BadInput, CannotWrite
from core.files import link_or_copy, no_room, replacing, sha256_of, write_bytes, write_json, writing


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


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_told_in_words(tmp_path: Path, number: int) -> None:
    with pytest.raises(CannotWrite) as told, writing(tmp_path):
        raise OSError(number, os.strerror(number))
    assert told.value.expected == f"free space on the disk of {tmp_path}"
    assert os.strerror(number) in told.value.found


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_folder_that_must_not_be_written_is_told_in_words(tmp_path: Path, number: int) -> None:
    folder = tmp_path / "home"
    for place in (folder / "runs" / "x", folder, tmp_path):
        with pytest.raises(CannotWrite, match="SHEETFORMER_HOME") as told, writing(folder):
            raise OSError(number, os.strerror(number), str(place))
        assert str(folder) in told.value.expected


def test_what_is_not_about_writing_the_folder_stays_what_it_is(tmp_path: Path) -> None:
    mine = tmp_path / "home"
    for error in (
        PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "elsewhere" / "private.csv")),
        PermissionError(errno.EACCES, "Permission denied"),
        FileNotFoundError(errno.ENOENT, "No such file", str(mine)),
        ValueError("No space left on device"),
    ):
        with pytest.raises(type(error)) as kept, writing(mine):
            raise error
        assert kept.value is error


def test_libraries_with_errors_of_their_own_quote_the_system(tmp_path: Path) -> None:
    class LibraryError(Exception):
        pass

    assert no_room(LibraryError("IO Error: could not write: No space left on device"), tmp_path)
    assert no_room(LibraryError("database or disk is full"), tmp_path)
    assert no_room(LibraryError("anything else"), tmp_path) is None
    assert no_room(KeyError("No space left on device"), tmp_path) is None, "this may quote a cell"
    assert no_room(BadInput("a", "no space left on device", "c"), tmp_path) is None

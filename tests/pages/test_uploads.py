"""The uploaded files that are kept beside the tables made of them."""

from __future__ import annotations

import io
import os

import pytest

from core.files import TEMPORARY_PREFIX
from pages.parts.tables import uploads
from pages.parts.visit import Visit

TABLE = "a" * 64


@pytest.fixture
def visit(settings) -> Visit:
    return Visit(settings, "local")


def kept(visit: Visit, content: bytes):
    return uploads.path_of(visit, uploads.keep(visit, io.BytesIO(content), len(content)))


@pytest.mark.parametrize("links", [True, False])
def test_the_file_of_a_table_is_the_newest_one_whole(visit, monkeypatch, links):
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    for content in (b"one", b"two"):
        uploads.remember(visit, TABLE, kept(visit, content))
    assert uploads.source_of(visit, TABLE).read_bytes() == b"two"
    uploads.remember(visit, TABLE, uploads.source_of(visit, TABLE))  # reading a file again remembers it again
    assert uploads.source_of(visit, TABLE).read_bytes() == b"two"
    folder = uploads.source_of(visit, TABLE).parent
    assert [path.name for path in folder.iterdir() if path.name.startswith(TEMPORARY_PREFIX)] == []


def test_a_copy_that_breaks_off_leaves_the_file_before(visit, monkeypatch):
    uploads.remember(visit, TABLE, kept(visit, b"one"))
    monkeypatch.setattr("core.files.os.link", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    monkeypatch.setattr("core.files.shutil.copyfile", lambda source, target: (target.write_bytes(b"t"), 1 / 0))
    with pytest.raises(ZeroDivisionError):
        uploads.remember(visit, TABLE, kept(visit, b"two"))
    folder = uploads.source_of(visit, TABLE).parent
    assert uploads.source_of(visit, TABLE).read_bytes() == b"one"
    assert [path.name for path in folder.iterdir() if path.name.startswith(TEMPORARY_PREFIX)] == []


def test_what_a_killed_server_was_writing_is_forgotten_after_a_day(visit):
    folder = kept(visit, b"one").parent
    left = folder / f"{TEMPORARY_PREFIX}x"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    kept(visit, b"two")
    assert not left.exists()

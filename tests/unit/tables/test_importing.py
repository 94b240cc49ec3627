"""Imports run in a process of their own: limited, cancellable, and found again by their id."""

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from core import processes
from core.errors import BadInput, Conflict, LimitReached
from core.tables import ImportCancelled, import_file, list_tables, open_import, start_import


@pytest.fixture
def large(tmp_path) -> Path:
    """A file whose import takes some seconds."""
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("text,label\n")
        for number in range(40):
            file.write("".join(f"a text number {number} {row} of some length,pos\n" for row in range(25_000)))
    return path


def wait(task, seconds=30):
    """Polls until the import has ended."""
    end = time.monotonic() + seconds
    while task.poll().state == "running" and time.monotonic() < end:
        time.sleep(0.02)
    return task.poll().state


def test_an_import_is_found_again_by_its_id(settings, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("text\nhi there\n")
    task = start_import(settings, "local", path, name="mine.csv")
    same = open_import(settings, "local", task.id)
    assert wait(same) == "done"
    assert same.result().name == "mine.csv"
    assert same.error() is None
    same.forget()
    assert not same.folder.exists()
    assert len(list_tables(settings, "local")) == 1


def test_errors_cross_the_process(settings, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,b\n1,2\n"open,3\n')
    with pytest.raises(BadInput, match="quote") as caught:
        import_file(settings, "local", path)
    assert caught.value.row == 3
    assert list_tables(settings, "local") == []
    assert not list((settings.home / "workspaces" / "local" / "imports").iterdir())


def test_a_file_that_is_not_there(settings, tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadInput, match="a file"):
            import_file(settings, "local", path)
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate(3_000_000)
    with pytest.raises(LimitReached, match="max_upload_mb"):
        import_file(settings.model_copy(update={"max_upload_mb": 2}), "local", big)


@pytest.mark.slow
def test_cancelling_ends_the_process_and_keeps_nothing(settings, large):
    task = start_import(settings, "local", large)
    while not task.poll().rows and task.poll().state == "running":
        time.sleep(0.02)
    process = task.process()
    with pytest.raises(Conflict):
        task.result()
    task.cancel()
    assert task.poll().state == "cancelled"
    assert not processes.alive(process)
    with pytest.raises(ImportCancelled):
        task.result()
    assert list_tables(settings, "local") == []
    assert not (task.folder / "scratch").exists()


@pytest.mark.slow
def test_a_killed_import_says_memory_and_leaves_no_table(settings, large):
    task = start_import(settings, "local", large)
    while not task.poll().rows and task.poll().state == "running":
        time.sleep(0.02)
    processes.kill({task.process()})
    assert wait(task, 5) == "failed"
    assert "import_memory_mb" in str(task.error())
    assert list_tables(settings, "local") == []


def test_pipes_are_no_files(settings, tmp_path):
    fifo = tmp_path / "fifo.csv"
    os.mkfifo(fifo)  # reading it would never end
    with pytest.raises(BadInput, match="a file"):
        import_file(settings, "local", fifo)


@pytest.mark.slow
def test_the_time_limit_ends_the_process(settings, large):
    with pytest.raises(LimitReached, match="import_seconds"):
        import_file(settings.model_copy(update={"import_seconds": 1}), "local", large)


@pytest.mark.slow
def test_class_10_the_memory_limit_holds(settings, tmp_path):
    wide = tmp_path / "wide.json"
    wide.write_text('[{"text": "' + "é" * 30_000_000 + '"}]', "utf-8")
    with pytest.raises(LimitReached, match="import_memory_mb"):
        import_file(settings.model_copy(update={"import_memory_mb": 60}), "local", wide)


@pytest.mark.slow
def test_class_10_repeated_cells_of_ods_are_counted_before_parsing(settings, tmp_path):
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="16000"><text:p>boom</text:p></table:table-cell>'
    names = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet><table:table table:name="a">'
        f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row></table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    path = tmp_path / "bomb.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    with pytest.raises(BadInput, match="max_cells"):
        import_file(settings, "local", path)


def test_the_child_starts_without_torch_pandas_or_streamlit():
    code = "import sys, core.tables.child, core.tables; print([m for m in ('torch', 'pandas', 'streamlit', 'duckdb') if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=processes.PROJECT_ROOT, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    assert found.stdout.strip() == "[]"

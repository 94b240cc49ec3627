"""The run folder: what is refused, what a damaged one still gives, and how it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import NotFound, RunFailed
from core.runs import append_event, create_run, delete_run, open_run, read_events, read_progress, write_progress
from core.schema import Progress, RehearsalSpec
from core.settings import Settings


@pytest.mark.parametrize("name", ["", ".", "..", "../home", "0" * 16, "x/y"])
def test_only_the_id_of_a_run_is_deleted(settings: Settings, name: str) -> None:
    kept = create_run(settings, RehearsalSpec(), owner="a")
    for what in (open_run, delete_run):
        with pytest.raises(NotFound):
            what(settings, name)
    assert open_run(settings, kept.id) == kept


@pytest.mark.parametrize("damaged", [True, False])
def test_a_deleted_run_leaves_nothing(settings: Settings, damaged: bool) -> None:
    run = create_run(settings, RehearsalSpec(), owner="a")
    if damaged:
        run.spec_path.unlink()
    delete_run(settings, run.id)
    assert list(run.path.parent.iterdir()) == []


def test_a_damaged_spec_is_named(settings: Settings) -> None:
    run = create_run(settings, RehearsalSpec(), owner="a")
    run.spec_path.write_text("{")
    with pytest.raises(RunFailed, match=r"spec\.json"):
        run.spec()


def test_progress_that_cannot_be_read_is_none(settings: Settings, tmp_path: Path) -> None:
    run = create_run(settings, RehearsalSpec(), owner="a")
    assert read_progress(run) is None
    progress = Progress(stage="counting", rows_done=1, rows=2, time=1.0)
    write_progress(run, progress)
    assert read_progress(run) == progress
    run.progress_path.write_text("{")
    assert read_progress(run) is None
    run.progress_path.unlink()
    run.progress_path.mkdir()
    assert read_progress(run) is None


def test_a_line_that_a_crash_has_cut_is_left_out_of_the_events(settings: Settings) -> None:
    run = create_run(settings, RehearsalSpec(), owner="a")
    assert read_events(run) == []
    append_event(run, "started", attempt=1)
    with run.events_path.open("a") as file:
        file.write('{"what": "cra')
    assert [event["what"] for event in read_events(run)] == ["started"]
    append_event(run, "resume", attempt=2)
    append_event(run, "started", attempt=2)
    assert [event["what"] for event in read_events(run)] == ["started", "resume", "started"]
    assert "\n\n" not in run.events_path.read_text()

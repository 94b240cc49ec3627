"""A disk that runs full while a checkpoint is written: said in words, the checkpoints before it stay, and the run goes on from there."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest

from core.errors import CannotWrite
from core.runs import RunContext
from core.settings import Settings
from core.training.loop.checkpoints import drop_half_written, kept_on_a_full_disk, newest_checkpoint
from core.training.loop.watching import Watch
from core.training.run import run
from tests.unit.training.conftest import sentences

DIALS = {"epochs": 4, "rank": 4, "batch_rows": 16, "precision": "fp32", "evaluations": 4}
SMALL = 4_000  # bytes: no weights fit into a file of as many


def test_a_disk_that_runs_full_keeps_what_was_written(tuned, known, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tuned(sentences(48), dials=DIALS)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    report = Watch._report

    def fill(watch: Watch, state) -> None:
        report(watch, state)
        if newest_checkpoint(folder.checkpoints):
            resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, hard))

    with monkeypatch.context() as patch:
        patch.setattr(Watch, "_report", fill)
        try:
            with pytest.raises(CannotWrite) as told:
                run(RunContext(known, folder))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (kept,) = folder.checkpoints.iterdir()
    step = json.loads((kept / "trainer_state.json").read_text())["global_step"]
    line = told.value.one_line()
    assert line.startswith(f"Expected free space on the disk of {known.home} for a checkpoint; found ")
    assert f"resume the job: it goes on after step {step}, and its best checkpoint so far is kept." in line
    assert run(RunContext(known, folder, attempt=2)) == "done"
    events = [json.loads(event) for event in folder.events_path.read_text().splitlines()]
    assert [event["resumed_from"] for event in events if event["what"] == "training"] == [None, kept.name]


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"),
        Exception("Error while serializing: I/O error: File too large (os error 27)"),
    ],
)
def test_every_library_is_understood(settings: Settings, tuned, error: Exception) -> None:
    context = RunContext(settings, tuned(sentences(12)))
    with pytest.raises(CannotWrite, match="it begins anew"), kept_on_a_full_disk(context):
        raise error


def test_other_errors_stay_what_they_are(settings: Settings, tuned) -> None:
    with pytest.raises(RuntimeError, match="shapes"), kept_on_a_full_disk(RunContext(settings, tuned(sentences(12)))):
        raise RuntimeError("shapes do not match")


def test_half_a_checkpoint_takes_no_room(tmp_path: Path) -> None:
    assert drop_half_written(tmp_path) is None
    for name, state in (("checkpoint-4", '{"global_step": 4}'), ("checkpoint-8", '{"global_st'), ("checkpoint-12", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "adapter_model.safetensors").write_bytes(b"x")
        if state:
            (tmp_path / name / "trainer_state.json").write_text(state)
    assert drop_half_written(tmp_path) == (4, tmp_path / "checkpoint-4")
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-4"]

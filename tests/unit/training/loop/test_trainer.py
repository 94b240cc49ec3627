"""A stop is heard within an evaluation, which then does not count; the best checkpoint is found wherever the run lies."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from core import models
from core.errors import NotFound
from core.runs import RunContext, RunFolder
from core.settings import Settings
from core.training import run as job
from core.training.loop.checkpoints import newest_checkpoint
from core.training.loop.history import read_history
from core.training.objectives.text_classification import LogitsJudge
from core.training.run import MADE, run
from core.workspaces import LOCAL
from tests.unit.training.conftest import sentences

DIALS = {"epochs": 4, "rank": 4, "batch_rows": 16, "precision": "fp32", "learning_rate": 5e-3, "evaluations": 4}
ADD = LogitsJudge.add


class Listener:
    """Asks for a stop in the first batch of one evaluation, and counts the batches of all after that."""

    def __init__(self, patch: pytest.MonkeyPatch, evaluation: int) -> None:
        self.stop, self.after, self.seen = threading.Event(), 0, []
        listener = self

        def add(judge: LogitsJudge, *given: Any) -> None:
            ADD(judge, *given)
            listener.after += listener.stop.is_set()
            if judge not in listener.seen:
                listener.seen.append(judge)
                if len(listener.seen) == evaluation:
                    listener.stop.set()

        patch.setattr(LogitsJudge, "add", add)


@pytest.fixture
def narrow(known: Settings) -> Settings:
    """Settings with which an evaluation has several batches."""
    return known.model_copy(update={"token_budget": 32})


def stopped_in(settings: Settings, folder: RunFolder, evaluation: int, attempt: int = 1) -> Listener:
    with pytest.MonkeyPatch.context() as patch:
        listener = Listener(patch, evaluation)
        assert run(RunContext(settings, folder, attempt=attempt, stop=listener.stop)) == "stopped"
    return listener


def checks(folder: RunFolder) -> list[tuple[int, float, float]]:
    return [(entry["step"], entry["eval_loss"], entry["eval_quality"]) for entry in read_history(folder) if "eval_loss" in entry]


def assert_same(one: RunFolder, two: RunFolder) -> None:
    first, second = (load_file(folder.path / MADE / "adapter_model.safetensors") for folder in (one, two))
    for name, values in first.items():
        np.testing.assert_allclose(second[name], values, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(checks(two), checks(one), atol=1e-6)
    assert two.summary()["best"] == pytest.approx(one.summary()["best"], abs=1e-6)


def on_the_shelf(settings: Settings) -> list[str]:
    return models.ADAPTERS.names(settings, LOCAL)


@pytest.mark.parametrize(
    ("evaluation", "dials"), [(1, {}), (2, {"averaging": 0.9}), (3, {"patience": 1, "metric": "loss"}), (3, {"precision": "bf16"}), (4, {})]
)
def test_a_stop_cuts_an_evaluation_short_and_a_resume_makes_up_for_it(tuned, narrow, evaluation: int, dials: dict[str, Any]) -> None:
    whole, cut = (tuned(sentences(96), name, dials={**DIALS, **dials}) for name in ("whole", "cut"))
    assert run(RunContext(narrow, whole)) == "done" and len(checks(whole)) >= evaluation
    assert stopped_in(narrow, cut, evaluation).after == 0
    assert checks(cut) == pytest.approx(checks(whole)[: evaluation - 1]), "an evaluation that was cut short counts as none"
    assert on_the_shelf(narrow) == (["cut", "whole"] if evaluation > 1 else ["whole"])
    assert run(RunContext(narrow, cut, attempt=2)) == "done"
    assert_same(whole, cut)


def test_it_can_be_stopped_while_it_makes_up_for_it(tuned, narrow) -> None:
    whole, cut = (tuned(sentences(96), name, dials=DIALS) for name in ("whole", "cut"))
    assert run(RunContext(narrow, whole)) == "done"
    stopped_in(narrow, cut, 2)
    models.ADAPTERS.delete(narrow, LOCAL, "cut")
    assert stopped_in(narrow, cut, 1, attempt=2).after == 0
    assert len(checks(cut)) == 1 and on_the_shelf(narrow) == ["cut", "whole"]
    assert run(RunContext(narrow, cut, attempt=3)) == "done"
    assert_same(whole, cut)


def test_one_stopped_before_its_first_evaluation_puts_nothing_on_the_shelf(tuned, known) -> None:
    whole, cut = (tuned(sentences(96), name, dials=DIALS) for name in ("whole", "cut"))
    assert run(RunContext(known, whole)) == "done"
    stop = threading.Event()

    class Stopping(RunContext):
        def report(self, stage: str, rows_done: int, rows: int, failed: int = 0) -> None:
            super().report(stage, rows_done, rows, failed)
            if stage == "training" and rows_done:
                stop.set()

    assert run(Stopping(known, cut, stop=stop)) == "stopped"
    assert not checks(cut) and newest_checkpoint(cut.checkpoints)
    assert on_the_shelf(known) == ["whole"] and "adapter" not in cut.choices()
    assert run(RunContext(known, cut, attempt=2)) == "done"
    assert_same(whole, cut)


def test_a_stop_after_the_last_step_leaves_the_measuring_to_the_next_attempt(tuned, known, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, stop, save = tuned(sentences(48), dials=DIALS), threading.Event(), job.save
    monkeypatch.setattr(job, "save", lambda *given: [stop.set(), save(*given)])
    assert run(RunContext(known, folder, stop=stop)) == "stopped"
    assert on_the_shelf(known) == ["mine"] and not folder.summary()
    assert run(RunContext(known, folder, attempt=2)) == "done"
    assert on_the_shelf(known) == ["mine"] and folder.summary()["adapter"] == "adapter:mine"


def killed_at_its_end(settings: Settings, folder: RunFolder) -> None:
    def killed(*given: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "check_finite", killed)
        with pytest.raises(KeyboardInterrupt):
            run(RunContext(settings, folder))


@pytest.fixture
def worse_and_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first evaluation of a training is its best."""
    figures = LogitsJudge.figures
    seen: list[LogitsJudge] = []

    def fall(judge: LogitsJudge) -> tuple[float, float]:
        seen.append(judge)
        return figures(judge)[0] + len(seen), -float(len(seen))

    monkeypatch.setattr(LogitsJudge, "figures", fall)


@pytest.mark.usefixtures("worse_and_worse")
@pytest.mark.parametrize("dials", [{}, {"averaging": 0.9}, {"averaging": 0.9, "patience": 2}])
def test_the_best_checkpoint_is_found_in_a_data_folder_that_was_moved(tuned, known, tmp_path: Path, dials: dict[str, Any]) -> None:
    whole, cut = (tuned(sentences(96), name, dials={**DIALS, **dials}) for name in ("whole", "cut"))
    assert run(RunContext(known, whole)) == "done"
    assert whole.summary()["best"]["epoch"] == 1
    killed_at_its_end(known, cut)
    moved = known.model_copy(update={"home": tmp_path / "moved"})
    shutil.move(known.home, moved.home)
    there = RunFolder(moved.home / cut.path.relative_to(known.home))
    assert run(RunContext(moved, there, attempt=2)) == "done"
    first, second = (
        load_file(moved.home / folder.path.relative_to(known.home) / MADE / "adapter_model.safetensors") for folder in (whole, cut)
    )
    for name, values in first.items():
        np.testing.assert_allclose(second[name], values, atol=1e-6, err_msg=name)


@pytest.mark.usefixtures("worse_and_worse")
def test_a_best_checkpoint_that_is_gone_is_told(tuned, known) -> None:
    folder = tuned(sentences(96), dials=DIALS)
    killed_at_its_end(known, folder)
    newest = newest_checkpoint(folder.checkpoints)
    for path in folder.checkpoints.iterdir():
        if path != newest:
            shutil.rmtree(path)
    with pytest.raises(NotFound, match="the best checkpoint of the training"):
        run(RunContext(known, folder, attempt=2))
    assert on_the_shelf(known) == []

"""A search from its first trial to the adapter of the best: stopped, killed, failing, and out of time."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from safetensors.numpy import load_file

from core import models
from core.errors import BadInput
from core.runs import RunContext, RunFolder
from core.training.run import MADE
from core.training.run import run as tune
from core.training.search import job, read_trials
from core.training.search.job import run

RATES = {"learning_rate": "0.00001, 0.005"}


def trials_of(folder: RunFolder) -> list:
    return read_trials(folder, folder.spec())


def test_the_best_trial_stands_on_the_shelf_with_figures_and_card(searched, known) -> None:
    folder = searched({**RATES, "rank": "2, 4"}, {"epochs": 4.0}, method="grid")
    assert run(RunContext(known, folder)) == "done"
    summary = folder.summary()
    assert [trial["state"] for trial in summary["trials"]] == ["done"] * 4 and len({str(t["dials"]) for t in summary["trials"]}) == 4
    best = summary["trials"][summary["best_trial"] - 1]
    assert best["trial"] == summary["best_trial"] and best["dials"]["learning_rate"] == 0.005
    assert best["quality"] == max(trial["quality"] for trial in summary["trials"]) == summary["best"]["quality"]
    assert folder.choices()["problem"] == "single_label_classification"
    assert summary["adapter"] == "adapter:mine" and summary["metrics"]["accuracy"]["n"] == summary["validation_rows"]
    assert summary["metrics"]["accuracy"]["value"] == pytest.approx(best["quality"], abs=1e-6)
    assert next(iter(summary["mattered"])) == "learning_rate"
    assert [entry.reference for entry in models.list_models(known) if entry.reference.startswith("adapter:mine")] == ["adapter:mine"]
    shelf = next(path for path in known.home.rglob("adapters/mine/README.md"))
    assert "`learning_rate`: 0.005" in shelf.read_text() and "the best of 4 trials" in shelf.read_text()
    left = [path.name for path in folder.path.glob("trials/*/*")]
    assert "checkpoints" not in left and MADE not in left and left.count("spec.json") == 4


def test_its_best_is_what_a_fine_tune_with_these_dials_gives(searched, known) -> None:
    folder = searched(RATES, method="grid")
    run(RunContext(known, folder))
    one = job.folder_of(folder, folder.summary()["best_trial"]).spec()
    from core.runs import create_run
    from core.workspaces import LOCAL

    alone = create_run(known, one, owner=LOCAL, input_table=folder.input_path)
    tune(RunContext(known, alone))
    said, found = (load_file(each.path / MADE / "adapter_model.safetensors") for each in (alone, folder))
    for name, values in said.items():
        np.testing.assert_allclose(found[name], values, atol=1e-6, err_msg=name)


class StoppingIn(RunContext):
    """Stops in the middle of a trial."""

    def __init__(self, *given, trial: int, **more) -> None:
        self.stop = threading.Event()
        super().__init__(*given, stop=self.stop, **more)
        self.trial, self.stages = trial, []

    def report(self, stage: str, rows_done: int, rows: int, failed: int = 0) -> None:
        super().report(stage, rows_done, rows, failed)
        self.stages.append((stage, rows_done, rows))
        if stage == f"trial {self.trial} of 3: training" and rows_done > rows * (self.trial - 0.5) / 3:
            self.stop.set()


def test_a_stop_keeps_the_best_so_far_and_the_search_goes_on(searched, known) -> None:
    folder = searched({"learning_rate": "0.00001, 0.001, 0.005"}, method="grid")
    context = StoppingIn(known, folder, trial=2)
    assert run(context) == "stopped"
    assert [trial.state for trial in trials_of(folder)] == ["done", "unfinished"] and not folder.summary()
    assert folder.choices()["adapter"] == "adapter:mine" and "adapter:mine" in [entry.reference for entry in models.list_models(known)]
    done = [rows for stage, rows, _ in context.stages if stage.endswith("training")]
    assert done == sorted(done) and {rows for stage, _, rows in context.stages if "trial" in stage} == {folder.spec().rows_to_do}
    before = (job.folder_of(folder, 1).summary_path.stat().st_mtime_ns, trials_of(folder)[0])
    assert run(RunContext(known, folder, attempt=2)) == "done"
    assert (job.folder_of(folder, 1).summary_path.stat().st_mtime_ns, trials_of(folder)[0]) == before
    events = [json.loads(line) for line in job.folder_of(folder, 2).events_path.read_text().splitlines()]
    assert [event["resumed_from"] for event in events if event["what"] == "training"][1].startswith("checkpoint-")
    assert folder.summary()["adapter"] == "adapter:mine" and len(folder.summary()["trials"]) == 3


def test_a_stop_in_the_first_trial_keeps_what_it_has(searched, known) -> None:
    folder = searched({"learning_rate": "0.001, 0.003, 0.005"}, method="grid")
    assert run(StoppingIn(known, folder, trial=1)) == "stopped"
    assert [trial.state for trial in trials_of(folder)] == ["unfinished"] and folder.choices()["adapter"] == "adapter:mine"


def test_a_killed_one_does_no_finished_trial_again(searched, known, monkeypatch) -> None:
    folder, whole, begun = searched(RATES, method="grid"), job.tune, []

    def killed_in_the_second(context, *given):
        begun.append(context.number)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return whole(context, *given)

    monkeypatch.setattr(job, "tune", killed_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        run(RunContext(known, folder))
    assert run(RunContext(known, folder, attempt=2)) == "done"
    assert begun == [1, 2, 2] and len(folder.summary()["trials"]) == 2


def test_a_trial_that_fails_is_noted_and_the_search_goes_on(searched, known, monkeypatch) -> None:
    from core.training.labels import loss

    folder, whole = searched(RATES, method="grid"), job.tune

    def first_runs_off(context, *given):
        with monkeypatch.context() as patch:
            if context.number == 1:
                right = loss.loss_of
                patch.setattr(loss, "loss_of", lambda *given, **more: right(*given, **more) * float("nan"))
            return whole(context, *given)

    monkeypatch.setattr(job, "tune", first_runs_off)
    assert run(RunContext(known, folder)) == "done"
    first, second = folder.summary()["trials"]
    assert (first["state"], second["state"], folder.summary()["best_trial"]) == ("failed", "done", 2)
    assert "stays a number" in first["error"] and "error" not in second


def test_where_every_trial_fails_the_search_does(searched, known, monkeypatch) -> None:
    def fails(*given):
        raise BadInput("a number", "none", "Lower it.")

    monkeypatch.setattr(job, "tune", fails)
    folder = searched(RATES, method="grid")
    with pytest.raises(BadInput, match="2 that failed, the first so: Expected a number"):
        run(RunContext(known, folder))
    assert not folder.summary() and "adapter:mine" not in [entry.reference for entry in models.list_models(known)]


def test_no_trial_is_begun_that_would_end_too_late(searched) -> None:
    spec = searched(RATES, method="grid", minutes=1.0).spec()
    assert not job.is_over(spec, 0, 1_000) and not job.is_over(spec, 2, 39) and job.is_over(spec, 2, 41)


def test_a_search_that_is_out_of_time_ends_with_what_it_has(searched, known) -> None:
    folder = searched(RATES, method="grid", minutes=1e-6)
    assert run(RunContext(known, folder)) == "done"
    assert len(folder.summary()["trials"]) == 1


def test_a_dial_that_decides_what_is_read_is_read_with(searched, known, monkeypatch) -> None:
    lengths, whole = [], job.data_of
    monkeypatch.setattr(job, "data_of", lambda context, spec: lengths.append(spec.dials.max_length) or whole(context, spec))
    folder = searched({"max_length": "4, 8"}, {"epochs": 1.0}, method="grid")
    run(RunContext(known, folder))
    assert {4, 8} <= set(lengths)

"""The page of a fine-tune: its curve while it works, its adapter and figures afterwards, its best after a stop."""

from __future__ import annotations

import pytest

from core import jobs, training
from core.errors import Conflict
from core.files import write_json
from core.runs import open_run
from core.schema import Job, JobState
from core.training.history import append_history
from tests.pages.conftest import settle, texts

FIGURE = {"value": 0.91, "low": 0.88, "high": 0.94, "n": 500}


@pytest.fixture
def tuning(settings, reviews) -> Job:
    """A fine-tune in the queue, with some steps in its history."""
    spec = training.make_spec(
        settings,
        reviews,
        owner="local",
        task="text-classification",
        model="embedded:minilm",
        roles={"text": "review", "label": "mine"},
        name="mine",
    )
    job = jobs.submit(settings, spec, owner="local", input_table=reviews.path, title="mine on reviews.csv")
    run = open_run(settings, job.id)
    for epoch, loss in enumerate([1.0, 0.5, 0.4], start=1):
        append_history(run, {"step": epoch, "epoch": epoch, "loss": loss, "rows_per_second": 80.0})
        append_history(run, {"step": epoch, "epoch": epoch, "eval_loss": loss + 0.1, "eval_quality": 0.8})
    return job


def unescaped(text: str) -> str:
    """Without what keeps a user's words from being read as Markdown."""
    return text.replace("\\", "").replace("\u2060", "")


def test_a_finished_one_names_its_adapter_its_figures_and_its_curve(settings, tuning, open_page) -> None:
    run = open_run(settings, tuning.id)
    summary = {
        "adapter": "adapter:mine",
        "train_rows": 4,
        "validation_rows": 500,
        "trainable_parameters": 480_386,
        "seconds": 100.0,
        "best": {"epoch": 3, "loss": 0.5, "quality": 0.9},
    }
    write_json(run.summary_path, summary | {"precision": "bf16"})
    write_json(run.metrics_path, {"metrics": dict.fromkeys(("accuracy", "balanced_accuracy", "f1_macro", "mcc", "log_loss"), FIGURE)})
    settle(settings, tuning.id, JobState.DONE, rows_done=32)
    app = open_page("inference/batch", run=tuning.id)
    assert not app.exception
    said = unescaped(texts(app) + "".join(str(element.value) for element in app.success))
    assert "adapter:mine" in said and "480,386 trained parameters" in said and "Validation loss went from 1.100 to 0.500" in said
    assert [tile.value for tile in app.metric] == ["0.910"] * 4


def test_a_stopped_one_says_that_its_best_is_kept_and_can_go_on(settings, tuning, open_page) -> None:
    settle(settings, tuning.id, JobState.STOPPED, rows_done=10)
    app = open_page("training/finetune", run=tuning.id)
    assert not app.exception and "It had learned nothing yet" in texts(app)
    assert any(button.label == "Resume" for button in app.button)
    write_json(open_run(settings, tuning.id).choices_path, {"adapter": "adapter:mine-2"})
    assert "kept as adapter:mine-2" in unescaped(texts(app.run()))


def test_one_that_works_shows_its_curve(settings, tuning, open_page) -> None:
    app = open_page("inference/batch", run=tuning.id)
    assert not app.exception and "Validation loss went from" in texts(app)


def test_it_has_no_rows_to_retry(settings, tuning) -> None:
    settle(settings, tuning.id, JobState.DONE, rows_done=32)
    with pytest.raises(Conflict, match="rows that can be scored again"):
        jobs.retry(settings, tuning.id, owner="local")
    assert jobs.get(settings, tuning.id).state is JobState.DONE

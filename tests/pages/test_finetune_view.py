"""The page of a fine-tune: its curve while it works, its adapter and figures afterwards, its best after a stop."""

from __future__ import annotations

import pytest

from core import jobs, training
from core.errors import Conflict
from core.files import write_json
from core.runs import append_event, open_run
from core.runs.kept import ANSWERS
from core.schema import Job, JobState
from core.training.loop.history import NOT_TOLD, append_history
from tests.imported import import_once
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
    assert "trained on **4 rows** · measured on **500 others**" in said
    write_json(run.summary_path, summary | {"precision": "bf16", "validation_rows": 1})
    assert "measured on **1 other**" in unescaped(texts(open_page("inference/batch", run=tuning.id)))


def links(app) -> dict[str, str]:
    return {link.label: link.proto.page + "?" + link.proto.query_string for link in app.get("page_link")}


MADE = {"train_rows": 4, "validation_rows": 500, "trainable_parameters": 10, "seconds": 1.0, "precision": "fp32"}
BEST = {"epoch": 3, "loss": 0.5, "quality": 0.9}


def test_from_an_adapter_it_goes_on_to_its_page_a_table_and_a_comparison(settings, tuning, open_page) -> None:
    run = open_run(settings, tuning.id)
    write_json(run.summary_path, {**MADE, "adapter": "adapter:mine", "best": BEST})
    write_json(run.metrics_path, {"metrics": {"accuracy": FIGURE}})
    settle(settings, tuning.id, JobState.DONE, rows_done=32)
    app = open_page("training/finetune", run=tuning.id)
    found = links(app)
    assert "adapter=mine" in found["Card, download, merge"] and f"runs={tuning.id}" in found["Compare"]
    assert "task=text-classification" in found["Score a table with it"] and "mine" in found["Score a table with it"]
    assert "chosen by accuracy: the one after epoch 3.0, with validation loss 0.500, accuracy 0.900" in texts(app)


def test_a_whole_model_is_called_no_adapter(settings, tuning, open_page) -> None:
    run = open_run(settings, tuning.id)
    write_json(run.summary_path, {**MADE, "adapter": "local:mine"})
    settle(settings, tuning.id, JobState.DONE, rows_done=32)
    app = open_page("training/finetune", run=tuning.id)
    said = unescaped(texts(app) + "".join(str(element.value) for element in app.success))
    assert not app.exception and "The model is ready: choose **local:mine**" in said and "adapter" not in said.lower()
    assert "Card, download, merge" not in links(app) and "Score a table with it" in links(app)


def test_who_came_by_a_link_is_not_sent_to_somebody_elses_shelf(settings, reviews, open_page) -> None:
    roles = {"text": "review", "label": "mine"}
    words = {"task": "text-classification", "model": "embedded:minilm", "roles": roles, "name": "theirs"}
    spec = training.make_spec(settings, reviews, owner="local", **words)
    job = jobs.submit(settings, spec, owner="b" * 32, input_table=reviews.path, title="theirs")
    write_json(open_run(settings, job.id).summary_path, {**MADE, "adapter": "adapter:theirs"})
    settle(settings, job.id, JobState.DONE, rows_done=32)
    found = links(open_page("training/finetune", run=job.id))
    assert "Compare" in found and not {"Card, download, merge", "Score a table with it"} & found.keys()


def test_figures_are_called_what_was_learned(settings, tmp_path, open_page) -> None:
    path = tmp_path / "tags.csv"
    path.write_text("text,tags\n" + "\n".join(f'"Ada {n}","[""B-PER"", ""O""]"' for n in range(20)), "utf-8")
    table = import_once(settings, "local", path, name="tags.csv")
    words = {"task": "token-classification", "model": "embedded:minilm", "roles": {"tokens": "text", "tags": "tags"}, "name": "names"}
    job = jobs.submit(settings, training.make_spec(settings, table, owner="local", **words), owner="local", input_table=table.path)
    run = open_run(settings, job.id)
    write_json(run.summary_path, {**MADE, "adapter": "adapter:names", "best": BEST, "on_off": {"why_not": "Only labels."}})
    write_json(run.metrics_path, {"metrics": {"entity_f1": FIGURE}, "notes": ["A note of *ours*."]})
    settle(settings, job.id, JobState.DONE, rows_done=32)
    app = open_page("training/finetune", run=job.id)
    said = unescaped(texts(app))
    assert "How well it agrees with your tags" in said and "chosen by entity F1" in said and "A note of *ours*." in said
    assert "Only labels" in said and app.metric[0].label == "Entity F1"


def test_a_stopped_one_says_that_its_best_is_kept_and_can_go_on(settings, tuning, open_page) -> None:
    settle(settings, tuning.id, JobState.STOPPED, rows_done=10)
    app = open_page("training/finetune", run=tuning.id)
    assert not app.exception and "It had learned nothing yet" in texts(app)
    assert any(button.label == "Resume" for button in app.button)
    assert not {"Score a table with it", "Card, download, merge"} & links(app).keys()
    write_json(open_run(settings, tuning.id).choices_path, {"adapter": "adapter:mine-2", "problem": "single_label_classification"})
    said = unescaped(texts(app.run()))
    assert "kept as adapter:mine-2" in said and "Stopped after 2 % of the training" in said
    assert "the one after epoch 3.0, with validation loss 0.500, accuracy 0.800" in said
    assert "mine-2" in links(app)["Score a table with it"] and "adapter=mine-2" in links(app)["Card, download, merge"]


def test_its_validation_rows_lead_to_the_figures_of_each_label(settings, tuning, open_page) -> None:
    run = open_run(settings, tuning.id)
    write_json(run.summary_path, {**MADE, "adapter": "adapter:mine"})
    settle(settings, tuning.id, JobState.DONE, rows_done=32)
    label = "Figures of each label, and the rows"
    assert label not in links(open_page("training/finetune", run=tuning.id))
    (run.path / ANSWERS).touch()
    assert f"run={tuning.id}" in links(open_page("training/finetune", run=tuning.id))[label]


def test_one_that_works_shows_its_curve(settings, tuning, open_page) -> None:
    app = open_page("inference/batch", run=tuning.id)
    assert not app.exception and "Validation loss went from" in texts(app)


def test_it_has_no_rows_to_retry(settings, tuning) -> None:
    settle(settings, tuning.id, JobState.DONE, rows_done=32)
    with pytest.raises(Conflict, match="rows that can be scored again"):
        jobs.retry(settings, tuning.id, owner="local")
    assert jobs.get(settings, tuning.id).state is JobState.DONE


def test_a_tracker_that_failed_is_told_once_of_the_last_attempt_alone(settings, tuning, open_page) -> None:
    run = open_run(settings, tuning.id)
    append_event(run, "started", attempt=1)
    append_event(run, NOT_TOLD, tracker="trackio", error="OSError")
    append_event(run, "started", attempt=2)
    for _ in range(2):
        append_event(run, NOT_TOLD, tracker="mlflow", error="MlflowException")
    settle(settings, tuning.id, JobState.STOPPED, rows_done=3)
    app = open_page("inference/batch", run=tuning.id)
    assert not app.exception
    said = unescaped(texts(app))
    assert said.count("mlflow was not told all of this training (MlflowException)") == 1 and "trackio" not in said


def test_a_search_says_which_trials_a_tracker_missed_and_old_events_harm_nothing(settings, tuning, open_page) -> None:
    run = open_run(settings, tuning.id)
    append_event(run, NOT_TOLD, note="as runs of earlier versions have it")
    for trial in (1, 3):
        append_event(run, NOT_TOLD, tracker="mlflow", error="OSError", trial=trial)
    settle(settings, tuning.id, JobState.STOPPED, rows_done=3)
    app = open_page("inference/batch", run=tuning.id)
    assert not app.exception and "mlflow was not told all of trials 1, 3 (OSError)" in unescaped(texts(app))

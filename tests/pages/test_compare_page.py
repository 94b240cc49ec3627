"""Runs side by side on a page: chosen there or by the address, the answer in words, and what it rests on."""

from __future__ import annotations

import shlex

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from core import inference, jobs, training
from core.cli.app import app as command_line
from core.files import write_json
from core.runs import open_run
from core.schema import Job
from core.tasks.scoring import score_labels
from core.training.loop.history import append_history
from core.training.outcome.kept_answers import write_kept
from pages.parts.tuning.setting_names import setting_title
from tests.pages.conftest import settle, texts
from tests.pages.test_finetune_view import unescaped

ROWS = 60


@pytest.fixture
def tunings(settings, reviews) -> list[Job]:
    """Three fine-tunes of one table; the second is right where the first is wrong."""
    return [make(settings, reviews, number, wrong) for number, wrong in enumerate([20, 2, 20])]


def make(settings, reviews, number: int, wrong: int) -> Job:
    spec = training.make_spec(
        settings,
        reviews,
        owner="local",
        task="text-classification",
        model="embedded:minilm",
        roles={"text": "review", "label": "mine"},
        name=f"number-{number}",
        dials={"rank": 4 + number},
    )
    job = jobs.submit(settings, spec, owner="local", input_table=reviews.path, title=f"number-{number} on *reviews*")
    run = open_run(settings, job.id)
    for epoch, loss in enumerate([1.0, 0.9 - number / 10], start=1):
        append_history(run, {"step": epoch, "epoch": epoch, "eval_loss": loss, "eval_quality": 0.8})
    said = ["bad"] * wrong + ["good"] * (ROWS - wrong)
    scored = score_labels(said, ["good"] * ROWS, "single")
    write_kept(run.path, np.arange(ROWS), ["good"] * ROWS, pa.table({"prediction": said}), "single", scored)
    right = (ROWS - wrong) / ROWS
    write_json(run.metrics_path, {"metrics": {"accuracy": {"value": right, "low": right - 0.1, "high": min(1, right + 0.1), "n": ROWS}}})
    settle(settings, job.id, "done", rows_done=4)
    return job


def test_the_answer_comes_first_then_curves_settings_and_figures(tunings, open_page) -> None:
    app = open_page("training/compare", runs=",".join(job.id for job in tunings[:2]))
    assert not app.exception
    said = unescaped(texts(app))
    assert "Accuracy: B is better than A by 30.0 points on 60 rows" in said and "McNemar p < 0.001" in said
    assert "Lowest validation loss: B number-1 on *reviews* (0.800)" in said
    settings_, metrics, rows = (element.value for element in app.dataframe)
    assert settings_.to_numpy().tolist() == [["Name of the adapter", "number-0", "number-1"], ["Rank", "4", "5"]]
    assert metrics["B"].tolist() == ["0.967 (0.867 to 1.000)"]
    assert rows[["Rows", "Fixed", "Broken"]].iloc[0].tolist() == [60, "18", "0"]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("dials.loraplus_ratio", "LoRA+: rate of B over A"),
        ("options.max_new_tokens", "Longest answer, in tokens"),
        ("roles.text_pair", "Column of text pair"),
        ("label_map.good_one", "Meaning of the label good_one"),
        ("model", "Model"),
        ("strange.part", "strange.part"),
    ],
)
def test_settings_are_called_as_in_the_form(name: str, title: str) -> None:
    assert setting_title(name) == title


def test_runs_of_one_table_are_told_apart_by_task_and_model(settings, reviews, open_page) -> None:
    ids = []
    for task, model in (("text-classification", "embedded:sentiment"), ("feature-extraction", "embedded:minilm")):
        spec = inference.make_spec(settings, reviews, task=task, model=model, roles={"text": "review"})
        ids.append(jobs.submit(settings, spec, owner="local", input_table=reviews.path, title=reviews.name).id)
    app = open_page("training/compare", runs=",".join(ids))
    assert not app.exception
    classified = f"reviews.csv · Text classification · embedded:sentiment · {ids[0][:6]}"
    assert classified in app.multiselect[0].options
    labels = [unescaped(link.label) for link in app.get("page_link")]
    assert "A: reviews.csv · Text classification · embedded:sentiment" in labels
    assert any(label.startswith("B: reviews.csv · ") and label.endswith("embedded:minilm") for label in labels)


def test_each_is_compared_with_the_first(tunings, open_page) -> None:
    app = open_page("training/compare", runs=",".join(job.id for job in tunings))
    said = unescaped(texts(app))
    assert "B is better than A" in said and "A and C cannot be told apart" in said
    assert app.dataframe[0].value.columns.tolist() == ["Setting", "A", "B", "C"]
    commands = [shlex.split(line) for line in app.code[-1].value.splitlines()]
    assert [words[:3] for words in commands] == [["python", "-m", "core"]] * 2
    told = [CliRunner().invoke(command_line, words[3:]).output for words in commands]
    assert "B is better than A" in told[0] and "cannot be told apart" in told[1]


def test_runs_are_chosen_on_the_page_and_stand_in_the_address(tunings, finished, open_page) -> None:
    app = open_page("training/compare")
    assert not app.exception and "Choose two or more runs" in texts(app)
    app.multiselect[0].set_value([tunings[1].id, tunings[0].id]).run()
    assert app.query_params["runs"] in ([f"{tunings[1].id},{tunings[0].id}"], f"{tunings[1].id},{tunings[0].id}")
    assert "A is better than B by 30.0 points" in unescaped(texts(app))
    app.radio[0].set_value("predict").run()
    assert not app.exception and "Choose two or more runs" in texts(app)


def test_an_address_of_a_run_that_is_gone_says_so(tunings, open_page) -> None:
    app = open_page("training/compare", runs=f"{tunings[0].id},{'0' * 16}")
    assert not app.exception and any("Look it up under Jobs" in unescaped(element.value) for element in app.error)


def test_without_runs_there_is_a_way_to_start_one(open_page) -> None:
    app = open_page("training/compare")
    assert not app.exception and "no two fine-tunes yet" in "".join(element.value for element in app.info)

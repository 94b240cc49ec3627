"""The Metrics page on runs: a fine-tune's validation rows, a temperature that is saved, and charts that are pinned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from core import dashboards, inference, jobs, models, tables, training
from core.files import write_json
from core.metrics import classification_metrics
from core.models.adapters import AdapterFacts, write_facts
from core.models.merge import adapter_json
from core.runs import build_result, open_run, write_part
from core.schema import Job, JobState, Search, SearchSpec, Spec
from core.settings import Settings
from core.tasks.scoring import score_labels
from core.training.outcome.kept_answers import write_kept
from tests.pages.conftest import settle, texts
from tests.pages.test_finetune_view import unescaped

PAGE = "metrics/metrics"
ROWS = 160
LABELS = ("negative", "positive")


def answers(heat: float = 6.0) -> pd.DataFrame:
    """What an overconfident model says of rows that it gets right four times in five."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, ROWS)
    margin = heat * (rng.normal(size=ROWS) + np.where(truth == 1, 0.9, -0.9))
    positive = 1 / (1 + np.exp(-margin))
    frame = pd.DataFrame({"text": [f"review {row}" for row in range(ROWS)], "label": [LABELS[each] for each in truth]})
    frame["product"] = np.where(np.arange(ROWS) % 2, "lamp", "desk")
    frame["prediction"] = np.where(positive > 0.5, *LABELS[::-1])
    return frame.assign(confidence=np.maximum(positive, 1 - positive), p_negative=1 - positive, p_positive=positive)


@pytest.fixture
def table(settings: Settings, tmp_path: Path) -> tables.Table:
    path = tmp_path / "reviews.csv"
    answers()[["text", "label", "product"]].to_csv(path, index=False)
    return tables.import_file(settings, "local", path, name="reviews.csv")


def figures() -> dict:
    frame = answers()
    return classification_metrics(frame["label"], frame["prediction"], LABELS, frame[["p_negative", "p_positive"]].to_numpy())


@pytest.fixture
def scored(settings: Settings, table: tables.Table) -> Job:
    """A run of an embedded adapter that is too sure."""
    return finished(settings, table, {"text": "text", "label": "label", "group": "product"})


def finished(settings: Settings, table: tables.Table, roles: dict[str, str]) -> Job:
    spec = inference.make_spec(settings, table, task="text-classification", model="embedded:sentiment", roles=roles)
    job = jobs.submit(settings, spec, owner="local", input_table=table.path, title=table.name)
    run, frame = open_run(settings, job.id), answers()
    columns = {name: frame[name] for name in ("prediction", "confidence", "p_negative", "p_positive")}
    write_part(run, 1, pa.table({"key": np.arange(ROWS), **columns, "error": pa.nulls(ROWS, pa.string())}))
    build_result(run, np.arange(ROWS))
    write_json(run.choices_path, {"labels": LABELS, "problem": "single"})
    write_json(run.metrics_path, figures())
    return settle(settings, job.id, JobState.DONE, rows_done=ROWS)


@pytest.fixture
def tuned(settings: Settings, table: tables.Table) -> Job:
    """A fine-tune that has kept what it says of its validation rows."""
    roles = {"text": "text", "label": "label"}
    given = {"task": "text-classification", "model": "embedded:minilm", "roles": roles, "name": "moods"}
    return kept(settings, table, training.make_spec(settings, table, owner="local", **given))


@pytest.fixture
def searched(settings: Settings, table: tables.Table, tuned: Job) -> Job:
    """A search that has kept the same of its best trial, after the fine-tune."""
    base = open_run(settings, tuned.id).spec()
    return kept(settings, table, SearchSpec(base=base, search=Search(space={"rank": (2, 8)}, trials=2)))


def kept(settings: Settings, table: tables.Table, spec: Spec) -> Job:
    """A run that has put an adapter on the shelf, and kept what it says of the second half of the table."""
    job = jobs.submit(settings, spec, owner="local", input_table=table.path, title="moods on reviews.csv")
    run, frame = open_run(settings, job.id), answers().iloc[: ROWS // 2 : -1]
    results = pa.Table.from_pandas(frame[["prediction", "confidence", "p_negative", "p_positive"]], preserve_index=False)
    truth, said = frame["label"].tolist(), frame["prediction"].tolist()
    write_kept(run.path, frame.index.to_numpy(), truth, results, "single", score_labels(said, truth, "single"))
    folder = models.resolve(settings, "embedded:sentiment").adapter
    put = models.put_adapter(settings, "local", "moods", folder, replace=True)
    write_facts(put, AdapterFacts(task="text-classification", run=job.id, labels=LABELS))
    write_json(run.choices_path, {"adapter": "adapter:moods"})
    write_json(run.metrics_path, figures())
    return settle(settings, job.id, JobState.DONE, rows_done=ROWS)


def words(app: AppTest) -> str:
    assert not app.exception, app.exception
    return unescaped(texts(app))


def temperature(settings: Settings, reference: str) -> float | None:
    return models.temperature_of(adapter_json(models.resolve(settings, reference).adapter, "config.json"))


def test_a_temperature_is_saved_as_a_new_version(settings, scored, open_page) -> None:
    app = open_page(PAGE, run=scored.id, tab="calibration")
    assert "the model is too sure" in words(app)
    app.button(key="metrics-save-version").click().run()
    assert "Saved as **adapter:sentiment-2**" in words(app)
    assert 2 < temperature(settings, "adapter:sentiment-2") < 20
    assert any(link.label == "Score a table with it" for link in app.get("page_link"))


@pytest.mark.parametrize(("run", "kind"), [("tuned", "fine-tune"), ("searched", "search")])
def test_the_validation_rows_of_a_fine_tune_are_measured(settings, run, kind, request, open_page) -> None:
    app = open_page(PAGE, run=request.getfixturevalue(run).id, tab="slices", slice="product", of="lamp")
    said = words(app)
    assert "Compared on 79 rows of 79" in said and f"The validation rows of a {kind}" in said
    assert all("validation rows" in option for option in app.selectbox(key="result-run").options)
    assert "product is lamp" in said and {metric.label for metric in app.metric} >= {"Accuracy"}
    rows = next(element.value for element in app.dataframe if "Row" in element.value.columns)
    assert rows["product"].eq("lamp").all() and rows["text"].iloc[0] == f"review {rows['table_row'].iloc[0] - 1}"


@pytest.mark.parametrize("run", ["tuned", "searched"])
def test_a_fine_tunes_temperature_is_saved_with_what_it_made(settings, run, request, open_page) -> None:
    app = open_page(PAGE, run=request.getfixturevalue(run).id, tab="calibration")
    app.button(key="metrics-save-version").click().run()
    assert "Saved as **adapter:moods-2**" in words(app) and temperature(settings, "adapter:moods-2") > 1


def test_runs_of_one_table_stand_beside_each_other_though_ids_come_twice(settings, table, open_page) -> None:
    roles = {"text": "text", "label": "label", "id": "product"}
    runs = [finished(settings, table, roles) for _ in range(2)]
    app = open_page(PAGE, run=runs[0].id, tab="two-results")
    assert "Accuracy: A and B cannot be told apart on 160 rows" in words(app) and not app.error


@pytest.mark.parametrize("run", ["scored", "tuned"])
def test_charts_of_metrics_are_pinned_and_drawn(settings, run, request, open_page) -> None:
    job = request.getfixturevalue(run)
    board = dashboards.create(settings, "local", "x")
    board = board.with_pin(dashboards.new_pin("figure", run=job.id, metric="accuracy"))
    for figure in ("slices", "labels", "roc", "precision_recall", "abstention", "reliability", "threshold"):
        facts = {"column": "product", "metric": "accuracy"} if figure == "slices" else {}
        board = board.with_pin(dashboards.new_pin(figure, run=job.id, **facts))
    dashboards.save(settings, "local", board)
    app = open_page("dashboards/dashboard", board=board.id)
    said = words(app)
    assert len(app.get("plotly_chart")) == 7 and not app.error
    assert [metric.label for metric in app.metric] == ["Accuracy"]
    assert "Accuracy by product" in said and "no such chart" not in said


def test_a_chart_of_metrics_is_pinned_from_its_page(settings, scored, open_page) -> None:
    app = open_page(PAGE, run=scored.id)
    app.selectbox(key=f"pin-figure-{scored.id}").set_value("slices").run()
    app.selectbox(key=f"pin-metric-slices-{scored.id}").set_value("mcc").run()
    app.button(key=f"pin-{scored.id}").click().run()
    ((pin,),) = (board.pins for board in dashboards.list_dashboards(settings, "local"))
    assert (pin.figure, pin.column, pin.metric, pin.run) == ("slices", "product", "mcc", scored.id)
    assert not app.exception


@pytest.mark.parametrize("run", ["scored", "tuned"])
def test_a_filter_narrows_figures_too(settings, run, request, open_page) -> None:
    job, frame = request.getfixturevalue(run), answers()
    board = dashboards.create(settings, "local", "x").with_pin(dashboards.new_pin("answer", run=request.getfixturevalue("scored").id))
    for figure in ("figure", "confusion", "intervals", "labels", "abstention"):
        board = board.with_pin(dashboards.new_pin(figure, run=job.id, **({"metric": "accuracy"} if figure == "figure" else {})))
    dashboards.save(settings, "local", board)
    app = open_page("dashboards/dashboard", board=board.id, column="product", value="lamp")
    chosen = frame[frame["product"] == "lamp"]
    if run == "tuned":
        chosen = chosen[chosen.index > ROWS // 2]
    right = (chosen["label"] == chosen["prediction"]).mean()
    assert [metric.value for metric in app.metric] == [f"{right:.3f}"]
    assert f"of {len(chosen)} rows agree" in words(app) + app.get("plotly_chart")[1].proto.spec
    assert "does not count here" not in words(app) and "Not filtered" not in words(app)

"""The Metrics page: a result is chosen, measured, and looked into down to its rows, for runs and for uploaded tables of any shape."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import inference, jobs, tables
from core.runs import open_run
from core.schema import Job, JobState, Role
from tests.imported import import_once
from tests.pages.conftest import score, settle, texts
from tests.pages.test_finetune_view import unescaped

PAGE = "metrics/metrics"
LABELS = ["negative", "positive"]


@pytest.fixture
def upload(settings, tmp_path: Path):
    """Makes a table of a frame, as an upload would."""

    def made(frame: pd.DataFrame, name: str = "results.csv") -> tables.Table:
        path = tmp_path / name
        frame.to_csv(path, index=False)
        return import_once(settings, "local", path, name=name)

    return made


def results(rows: int = 80, wrong: int = 8) -> pd.DataFrame:
    """A result with probabilities, one mistake in each tenth row, and a column to slice by."""
    truth = [LABELS[row % 2] for row in range(rows)]
    said = [LABELS[1 - row % 2] if row < wrong else LABELS[row % 2] for row in range(rows)]
    sure = [0.55 + 0.4 * row / rows for row in range(rows)]
    return pd.DataFrame(
        {
            "text": [f"review number {row}" for row in range(rows)],
            "product": ["lamp" if row < rows // 2 else "desk" for row in range(rows)],
            "label": truth,
            "prediction": said,
            "confidence": sure,
            "p_negative": [one if name == "negative" else 1 - one for one, name in zip(sure, said, strict=True)],
            "p_positive": [one if name == "positive" else 1 - one for one, name in zip(sure, said, strict=True)],
        }
    )


def words(app: AppTest) -> str:
    assert not app.exception, app.exception
    return unescaped(texts(app))


def rows_shown(app: AppTest) -> list[pd.DataFrame]:
    return [element.value for element in app.dataframe if "Row" in element.value.columns]


def test_without_results_the_sample_is_offered(open_page) -> None:
    app = open_page(PAGE)
    assert "no result to measure yet" in words(app)
    assert [button.label for button in app.button] == ["Score the sample"]


def test_a_run_is_measured_and_a_link_opens_the_rows_of_a_cell(finished, open_page) -> None:
    app = open_page(PAGE, run=finished.id, truth="positive", said="negative")
    said = words(app)
    assert {metric.label for metric in app.metric} >= {"Accuracy", "Balanced accuracy"}
    assert "left out" in said and "5 (1)" in said, "the label 5 is none of the model's"
    assert "Your label positive, prediction negative: 1 row" in said
    assert rows_shown(app)[0]["Row"].tolist() == [5]
    assert app.query_params["truth"] in (["positive"], "positive")


def test_choosing_a_cell_by_keyboard_puts_it_into_the_address(upload, open_page) -> None:
    app = open_page(PAGE, table=upload(results()).id)
    said = words(app)
    assert "Compared on 80 rows of 80" in said and "Choose a label, or click a cell" in said
    assert next(metric.value for metric in app.metric) == "0.900"
    app.selectbox(key="metrics-truth").set_value(0).run()
    assert "Your label negative: 40 rows" in words(app)
    app.selectbox(key="metrics-said").set_value(1).run()
    assert "Your label negative, prediction positive: 4 rows" in words(app)
    assert rows_shown(app)[-1]["Row"].tolist() == [1, 3, 5, 7]
    assert "truth" in app.query_params and "said" in app.query_params
    assert app.code[-1].value == "python -m core evaluate results.csv --task text-classification --prediction prediction --label label"


@pytest.mark.parametrize(
    ("tab", "expected"),
    [
        ("labels", "Lowest F1"),
        ("slices", "by product"),
        ("thresholds", "Answering"),
        ("calibration", "ECE"),
        ("worst-rows", "The worst rows"),
        ("label-errors", "label"),
        ("two-results", "column product"),
        ("drift", "no other table to compare with"),
    ],
)
def test_each_tab_says_what_it_finds(upload, open_page, tab, expected) -> None:
    app = open_page(PAGE, table=upload(results()).id, tab=tab)
    found = words(app) + " ".join(str(option) for box in app.selectbox for option in box.options)
    assert expected in found, found[-1_500:]


def test_a_slice_opens_its_rows_and_few_rows_say_so(upload, open_page) -> None:
    frame = results()
    frame.loc[78:, "product"] = "chair"
    app = open_page(PAGE, table=upload(frame).id, tab="slices", slice="product", of="desk")
    assert "product is desk: 38 rows" in words(app)
    app.checkbox(key="metrics-slice-wrong").check().run()
    assert "product is desk: 0 rows" in words(app)
    spec = app.get("plotly_chart")[0].proto.spec
    assert "too few rows to tell" in spec


def test_missing_labels_are_left_out_with_words(upload, open_page) -> None:
    frame = results()
    frame.loc[:9, "label"] = None
    frame.loc[20:24, "prediction"] = None
    said = words(open_page(PAGE, table=upload(frame).id))
    assert "Compared on 65 rows of 80" in said and "10 rows left out" in said and "5 rows left out" in said


def test_one_class_only_is_no_crash(upload, open_page) -> None:
    frame = results().assign(label="positive", prediction="positive").drop(columns=["p_negative", "p_positive"])
    table = upload(frame)
    for tab in ("confusion", "labels", "thresholds", "calibration", "label-errors"):
        said = words(open_page(PAGE, table=table.id, tab=tab))
        assert "Compared on 80 rows of 80" in said


def test_without_probabilities_the_tabs_say_what_is_missing(upload, open_page) -> None:
    table = upload(results()[["text", "label", "prediction"]])
    for tab in ("thresholds", "calibration", "label-errors"):
        app = open_page(PAGE, table=table.id, tab=tab)
        assert words(app) and app.info, tab


def test_no_labels_at_all_is_told(upload, open_page) -> None:
    said = words(open_page(PAGE, table=upload(results().assign(label=None)).id, label="label", prediction="prediction"))
    assert "nothing to compare" in said or "Expected" in said


def test_an_empty_table_is_told(upload, open_page) -> None:
    said = words(open_page(PAGE, table=upload(results().head(0)).id))
    assert "nothing to compare" in said or "Expected" in said


def test_the_same_column_twice_says_what_to_do(upload, open_page) -> None:
    app = open_page(PAGE, table=upload(results()).id, prediction="label")
    error = unescaped(app.error[0].value)
    assert not app.exception and "**Expected**" in error and "'label' twice" in error and "**Next**" in error


def test_a_column_of_the_address_that_is_not_there_is_left_out_with_words(upload, open_page) -> None:
    app = open_page(PAGE, table=upload(results()).id, prediction="nothing like it")
    assert not app.exception and "prediction=nothing like it" in unescaped(" ".join(element.value for element in app.info))


def test_a_table_without_such_columns_asks_for_them(upload, open_page) -> None:
    app = open_page(PAGE, table=upload(pd.DataFrame({"a": ["x"], "b": ["y"]})).id)
    assert "Choose the column with the predictions" in words(app)


def test_77_labels_are_listed_by_their_mistakes(upload, open_page) -> None:
    names = [f"intent {number}" for number in range(77)]
    frame = pd.DataFrame({"label": names * 3, "prediction": [*names * 2, *names[1:], names[0]]})
    app = open_page(PAGE, table=upload(frame).id, truth="intent 5", said="intent 6")
    said = words(app)
    assert "Your label intent 5, prediction intent 6: 1 row" in said
    mistakes = next(element.value for element in app.dataframe if list(element.value.columns) == ["Your label", "Prediction", "Rows"])
    assert len(mistakes) == 77


def test_labels_that_try_things_stay_data(upload, open_page) -> None:
    nasty = "<img src=x onerror=alert(1)> :red[hm] $x$"
    frame = results().replace({"label": {"positive": nasty}, "prediction": {"positive": nasty}})[["text", "label", "prediction"]]
    app = open_page(PAGE, table=upload(frame).id, truth=nasty)
    assert "\\<img" in texts(app) and "<img" not in texts(app).replace("\\<img", "")
    assert "<img" not in app.get("plotly_chart")[0].proto.spec


def test_a_drift_is_told_in_words(upload, open_page) -> None:
    train = upload(results().assign(text=["a much longer text about something else entirely than those"] * 80), "train.csv")
    app = open_page(PAGE, table=upload(results()).id, tab="drift", train=train.name)
    assert "80 rows of training, 80 rows here" in words(app)


def test_two_columns_of_predictions_are_compared(upload, open_page) -> None:
    frame = results().assign(other=results()["label"])
    app = open_page(PAGE, table=upload(frame).id, tab="two-results", second="the column other")
    said = words(app)
    assert "Fixed: 8 rows" in said and "McNemar p = 0.008)" in said
    assert [frame.value["McNemar p"][0] for frame in app.dataframe if "McNemar p" in frame.value] == ["0.008"]


@pytest.fixture
def unlabelled(settings, reviews) -> Job:
    """A finished run that was started without a column of the user's own answers."""
    roles = {Role.TEXT: "review"}
    spec = inference.make_spec(settings, reviews, task="text-classification", model="embedded:sentiment", roles=roles)
    job = jobs.submit(settings, spec, owner="local", input_table=reviews.path, title="without labels")
    score(settings, job.id)
    open_run(settings, job.id).metrics_path.unlink()
    return settle(settings, job.id, JobState.DONE, rows_done=5)


def test_a_run_without_labels_is_measured_by_any_column(unlabelled, open_page) -> None:
    app = open_page(PAGE)
    assert "Choose the column that holds them" in words(app) and not app.metric and app.selectbox(key="result-run").value == unlabelled.id
    box = app.selectbox(key=f"result-label-{unlabelled.id}")
    assert box.options == ["date", "product", "review", "mine"]
    box.set_value(3).run()
    assert "Compared on" in words(app) and app.query_params["label"] in (["mine"], "mine")
    assert app.code[-1].value == f"python -m core evaluate {unlabelled.id} --label mine"
    figures = {metric.label: metric.value for metric in app.metric}
    again = open_page(PAGE, run=unlabelled.id, label="mine")
    assert words(again) and {metric.label: metric.value for metric in again.metric} == figures


def test_a_run_without_labels_stands_beside_one_that_has_them(unlabelled, finished, open_page) -> None:
    app = open_page(PAGE, run=finished.id, tab="two-results")
    assert any("without labels" in option for option in app.selectbox(key="metrics-second").options)
    assert "A is this result, B the other one." in words(app)


def test_a_run_that_is_gone_says_so(finished, open_page) -> None:
    app = open_page(PAGE, run="0" * 16)
    assert not app.exception and any("Look it up under Jobs" in unescaped(element.value) for element in app.error)

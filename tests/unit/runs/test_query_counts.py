"""What is counted over a run's rows: labels, values of a column, failures."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.files import write_json
from core.runs import write_part
from core.runs.filters import ColumnFilter, ResultFilters
from core.runs.query import ResultQuery, write_failed_rows
from tests.unit.runs.sample_runs import new_run


def test_counts_for_charts(finished):
    assert finished.label_counts().to_dict("list") == {"label": ["positive", "negative"], "rows": [5, 2]}
    histogram = finished.confidence_histogram(bins=10)
    assert histogram["rows"].sum() == 7
    assert histogram[histogram["low"] == 0.9][["label", "rows"]].to_numpy().tolist() == [["negative", 1], ["positive", 3]]
    assert finished.label_counts(ResultFilters(columns=(ColumnFilter(column="region", one_of=("South",)),)))["rows"].tolist() == [1, 1]


LABELS = ["very good", "bad"]


def labelled(settings, tmp_path, outputs, **noted):
    """A run of two rows whose parts have these outputs, and what it has noted of its model."""
    run = new_run(settings, tmp_path, {"review": pa.array(["a", "b"]), "truth": pa.array(["Very Good", "bad"])}, rows=2)
    write_json(run.choices_path, noted)
    write_part(run, 1, pa.table({"key": [0, 1], **outputs, "error": pa.nulls(2, pa.string())}))
    return ResultQuery(settings, run)


def test_labels_are_the_models_own_whatever_their_columns_are_called(settings, tmp_path):
    outputs = {"prediction": ["very good", "very good"], "p_very_good": [0.9, 0.6], "p_bad": [0.1, 0.4]}
    query = labelled(settings, tmp_path, outputs, labels=LABELS, problem="single")
    assert query.labels == LABELS
    assert query.count(ResultFilters(labels=(query.labels[0],))) == 2
    assert query.truths("truth") == {"Very Good": "very good", "bad": "bad"}
    assert query.page(ResultFilters(disagrees_with="truth")).index.tolist() == [1]


def test_labels_of_a_model_with_only_its_top_five_in_columns(settings, tmp_path):
    many = [f"intent {number}" for number in range(77)]
    outputs = {"prediction": ["intent 9", "intent 70"], "label_1": ["intent 9", "intent 70"], "p_1": [0.9, 0.8]}
    assert labelled(settings, tmp_path, outputs, labels=many, problem="single").labels == many


def test_labels_of_a_run_without_a_note_or_with_sets_of_labels_are_what_was_predicted(settings, tmp_path):
    outputs = {"prediction": ["very good; bad", "bad"], "p_very_good": [0.9, 0.6], "p_bad": [0.9, 0.9]}
    assert labelled(settings, tmp_path, outputs).labels == ["bad", "very good; bad"]
    assert labelled(settings, tmp_path, outputs, labels=LABELS, problem="multi").labels == ["bad", "very good; bad"]


def test_breakdown_by_a_column(finished):
    found = finished.breakdown("region")
    rows = {(None if value != value else value, label): n for value, label, n in found.counts.to_numpy().tolist()}
    assert rows == {
        ("North", "positive"): 3,
        ("South", "negative"): 1,
        ("South", "positive"): 1,
        (None, "positive"): 1,
        (None, "negative"): 1,
    }
    few = finished.breakdown("region", top=1)
    assert (few.other_values, few.other["rows"].sum()) == (2, 4)


def test_breakdown_of_many_numbers_is_by_ranges(settings, tmp_path):
    rows = 300
    table = pa.table({"review": [f"text {i}" for i in range(rows)], "age": [str(i) for i in range(rows - 1)] + [""]})
    run = new_run(settings, tmp_path, table, rows=rows)
    predicted = pa.table(
        {"key": np.arange(rows), "prediction": ["yes", "no"] * 150, "confidence": np.ones(rows), "error": pa.nulls(rows, pa.string())}
    )
    write_part(run, 1, predicted)
    found = ResultQuery(settings, run).breakdown("age")
    assert found.ranges
    assert found.counts["rows"].sum() == rows
    assert found.counts["value"].dropna().nunique() == 10
    assert found.counts["value"].isna().sum() == 1


def test_breakdown_columns_put_groups_first(settings, tmp_path):
    rows = 100
    table = pa.table(
        {
            "id": [str(i) for i in range(rows)],
            "day": [f"2025-06-{i % 10 + 1:02}" for i in range(rows)],
            "same": ["x"] * rows,
            "town": [f"town {i % 30}" for i in range(rows)],
            "region": [["North", "South", ""][i % 3] for i in range(rows)],
            "stars": pa.array([i % 5 for i in range(rows)]),
        }
    )
    query = ResultQuery(settings, new_run(settings, tmp_path, table, rows=rows))
    assert query.breakdown_columns() == ["region", "stars", "town", "same", "day", "id"]


def test_values_for_filter_choices(finished):
    assert finished.values("region").to_numpy().tolist()[0] == ["North", 4]
    assert finished.values("region", contains="S")["value"].tolist() == ["East", "South"]
    assert finished.values("region", limit=1)["value"].tolist() == ["North"]


def test_failures_are_grouped_by_cause(finished):
    assert finished.failures().to_dict("records") == [
        {"error": "too hot", "kind": "failed", "rows": 1, "first_row": 8},
        {"error": "skipped: the cell is empty", "kind": "skipped", "rows": 1, "first_row": 2},
        {"error": "skipped: there is no value", "kind": "skipped", "rows": 1, "first_row": 7},
    ]


def test_failed_rows_alone(settings, tmp_path, run, finished):
    path = write_failed_rows(run, tmp_path / "failed.parquet")
    table = pq.read_table(path)
    assert table["review"].to_pylist() == ["broken <b>box</b>"]
    assert table.column_names == [column.name for column in finished.columns]

"""Questions about a run's rows: finished, running, hostile, large."""

import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import BadInput, LimitReached, NotFound
from core.files import write_json
from core.runs import build_result, create_run, write_part
from core.runs.duck import connect
from core.runs.filters import ColumnFilter, ResultFilters, Sort
from core.runs.keys import write_keys
from core.runs.query import ResultQuery, write_failed_rows
from core.schema import PredictSpec, RehearsalSpec, TableSource

TEXTS = ["Great product", "awful", "", "Great product", "so-so", "50% off_now", "naïve Ünïcode 🎧", None, "broken <b>box</b>", "fine"]
COLUMNS = {
    "review": TEXTS,
    "region": ["North", "South", "North", "", None, "South", "North", "East", "East", "North"],
    "rating": ["5", "1", "3", "10", "2", "4", "4", "", "1", "3"],
    "date": ["2025-06-03", "2025-06-04", "2025-06-05", "2025-07-01", "", "soon", "2025-08-09", "2025-08-10", "2025-09-01", "2025-09-02"],
    "truth": ["Positive ", "negative", "", "positive", "NEGATIVE", "meh", "negative", None, "negative", "positive"],
}
KEYS = np.array([0, 1, -1, 0, 4, 5, 6, -2, 8, 9])
SCORED = {
    0: ("positive", 0.99),
    1: ("negative", 0.9),
    4: ("negative", 0.55),
    5: ("positive", 0.61),
    6: ("positive", 0.75),
    9: ("positive", 1.0),
}


def outputs(keys, error=None):
    found = [SCORED.get(key, (None, None)) for key in keys]
    confident = [confidence for _, confidence in found]
    positive = [c if label == "positive" else None if c is None else 1 - c for label, c in found]
    return pa.table(
        {
            "key": pa.array(keys, pa.int64()),
            "prediction": pa.array([label for label, _ in found], pa.string()),
            "confidence": pa.array(confident, pa.float64()),
            "p_negative": pa.array([None if p is None else 1 - p for p in positive], pa.float64()),
            "p_positive": pa.array(positive, pa.float64()),
            "error": pa.array([error if key not in SCORED else None for key in keys], pa.string()),
        }
    )


def spec(rows=10, **changes):
    facts = {
        "task": "text-classification",
        "table": TableSource(id="0" * 64, name="t", rows=rows),
        "roles": {"text": "review", "label": "truth"},
    }
    return PredictSpec(**facts | {"model": "embedded:sentiment", "revision": "0" * 40} | changes)


def new_run(settings, tmp_path: Path, columns=None, **changes):
    table = tmp_path / "input.parquet"
    columns = {name: pa.array(values, pa.string()) for name, values in COLUMNS.items()} if columns is None else columns
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), table)
    return create_run(settings, spec(**changes), owner="me", input_table=table)


@pytest.fixture
def run(settings, tmp_path):
    return new_run(settings, tmp_path)


@pytest.fixture
def finished(settings, run):
    write_part(run, 1, outputs([0, 1, 4, 5, 6, 8, 9], "too hot"))
    build_result(run, KEYS)
    return ResultQuery(settings, run)


def test_a_page_has_the_users_columns_untouched_then_the_outputs(finished):
    page = finished.page()
    assert list(page.columns) == [*COLUMNS, "prediction", "confidence", "p_negative", "p_positive", "error"]
    assert page.index.tolist() == list(range(10))
    assert [None if value != value else value for value in page["review"]] == TEXTS
    assert page["prediction"][3] == "positive"
    assert page["error"][2] == "skipped: the cell is empty"
    assert finished.finished


def test_pages_cut_the_rows_without_gaps_or_repeats(finished):
    seen = [row for offset in range(0, 12, 3) for row in finished.page(offset=offset, limit=3).index]
    assert seen == list(range(10))
    assert finished.page(offset=100).empty
    assert list(finished.page(offset=100).columns) == list(finished.page().columns)


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (ResultFilters(labels=("negative",)), [1, 4]),
        (ResultFilters(labels=("negative", "positive"), confidence=(0.6, 0.9)), [1, 5, 6]),
        (ResultFilters(columns=(ColumnFilter(column="region", one_of=("North",)),)), [0, 2, 6, 9]),
        (ResultFilters(columns=(ColumnFilter(column="region", one_of=("East", None)),)), [3, 4, 7, 8]),
        (ResultFilters(columns=(ColumnFilter(column="region", one_of=()),)), []),
        (ResultFilters(columns=(ColumnFilter(column="review", contains="GREAT"), ColumnFilter(column="rating", one_of=("5",)))), [0]),
        (ResultFilters(state="failed"), [8]),
        (ResultFilters(state="skipped"), [2, 7]),
        (ResultFilters(state="scored"), [0, 1, 3, 4, 5, 6, 9]),
        (ResultFilters(disagrees_with="truth"), [6]),
        (ResultFilters(labels=("' OR true --",)), []),
    ],
)
def test_filters(finished, filters, rows):
    assert finished.page(filters).index.tolist() == rows
    assert finished.count(filters) == len(rows)


def test_disagreement_knows_the_label_map(settings, tmp_path):
    run = new_run(settings, tmp_path, label_map={"meh": "negative"})
    write_part(run, 1, outputs([0, 1, 4, 5, 6, 8, 9], "too hot"))
    build_result(run, KEYS)
    assert ResultQuery(settings, run).page(ResultFilters(disagrees_with="truth")).index.tolist() == [5, 6]


@pytest.mark.parametrize(
    ("search", "rows"),
    [
        ("great", [0, 3]),
        ("%", [5]),
        ("_", [5]),
        ("ÜNÏ", [6]),
        ("🎧", [6]),
        ("<B>", [8]),
        ("too HOT", [8]),
        ("'; drop view result; --", []),
        ("\\", []),
    ],
)
def test_search_is_for_the_letters_themselves_in_any_case(finished, search, rows):
    assert finished.page(search=search).index.tolist() == rows
    assert finished.count(search=search) == len(rows)


def test_search_and_filters_hold_together(finished):
    assert finished.page(ResultFilters(labels=("positive",)), search="o").index.tolist() == [0, 3, 5, 6, 9]
    assert finished.page(ResultFilters(labels=("negative",)), search="aw").index.tolist() == [1]


def test_sorting_puts_blanks_last_both_ways_and_reads_numbers_as_numbers(finished):
    assert finished.page(sort=Sort(column="rating")).index.tolist() == [1, 8, 4, 2, 9, 5, 6, 0, 3, 7]
    assert finished.page(sort=Sort(column="rating", descending=True)).index.tolist() == [3, 0, 5, 6, 2, 9, 4, 1, 8, 7]
    assert finished.page(sort=Sort(column="confidence", descending=True), limit=2).index.tolist() == [9, 0]
    assert finished.page(sort=Sort(column="region")).index.tolist()[-2:] == [3, 4]
    assert finished.page(ResultFilters(labels=("positive",)), sort=Sort(column="confidence")).index.tolist() == [5, 6, 0, 3, 9]


def test_row_is_whole_and_page_is_cut(settings, tmp_path):
    long = "👨‍👩‍👧" * 600
    run = new_run(settings, tmp_path, {"review": pa.array([long, "short"])}, rows=2)
    query = ResultQuery(settings, run)
    shown = query.page()["review"][0]
    assert shown.endswith("…")
    assert shown.count("👨‍👩‍👧") == settings.max_shown_characters
    assert query.row(0)["review"] == long
    assert query.row(1)["review"] == "short"
    with pytest.raises(NotFound):
        query.row(2)


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


def test_over_time_counts_what_it_cannot_read(finished):
    found = finished.over_time("date", granularity="month")
    assert [(str(period)[:7], label, n) for period, label, n in found.counts.to_numpy().tolist()] == [
        ("2025-06", "negative", 1),
        ("2025-06", "positive", 1),
        ("2025-07", "positive", 1),
        ("2025-08", "positive", 1),
        ("2025-09", "positive", 1),
    ]
    assert (found.read, found.unread, found.blank) == (5, 1, 1)
    assert finished.time_columns() == ["date"]


@pytest.mark.parametrize(
    ("cells", "order", "ambiguous", "days"),
    [
        (["2025-06-03", "2025-06-04T10:00:00Z", "2025-06-05 23:59"], None, False, [3, 4, 5]),
        (["06/03/2025", "06/14/2025", "6/5/2025 5:07 PM"], "month first", False, [3, 14, 5]),
        (["03/06/2025", "14/06/2025", "5/6/25"], "day first", False, [3, 14, 5]),
        (["06/03/2025", "06/04/2025"], "month first", True, [3, 4]),
        (["3.6.2025", "14.6.2025 09:30"], "day first", False, [3, 14]),
        (["3 Jun 2025", "June 14, 2025", "5-Jun-25"], None, False, [3, 14, 5]),
        (["Tue Jun 03 10:00:00 +0000 2025", "Tue, 03 Jun 2025 10:00:00 GMT"], None, False, [3, 3]),
        (["20250603", "20250614"], None, False, [3, 14]),
    ],
)
def test_dates_in_many_forms(settings, tmp_path, cells, order, ambiguous, days):
    run = new_run(settings, tmp_path, {"review": [f"t{i}" for i in range(len(cells))], "created date": cells}, rows=len(cells))
    keys = np.arange(len(cells))
    write_part(run, 1, pa.table({"key": keys, "prediction": [str(i) for i in keys], "error": pa.nulls(len(cells), pa.string())}))
    query = ResultQuery(settings, run)
    found = query.over_time("created date", granularity="day")
    assert [(period.year, period.month, period.day) for period in found.counts.sort_values("label")["period"]] == [
        (2025, 6, day) for day in days
    ]
    assert (found.order, found.ambiguous, found.unread) == (order, ambiguous, 0)
    assert query.time_columns() == ["created date"]


def test_numbers_and_words_are_no_dates(settings, tmp_path):
    columns = {"review": ["a", "b"], "count": ["5", "1999"], "year": ["1999", "2004"], "word": ["March", "infinity"]}
    run = new_run(settings, tmp_path, columns, rows=2)
    write_part(run, 1, pa.table({"key": [0, 1], "prediction": ["x", "x"], "error": pa.nulls(2, pa.string())}))
    query = ResultQuery(settings, run)
    assert query.time_columns() == ["year"]
    assert query.over_time("word").read == 0


def test_granularity_follows_span_and_rows(settings, tmp_path):
    found = {}
    for name, rows, days in (("few", 40, 270), ("many", 4_000, 270), ("short", 400, 20), ("long", 4_000, 8_000)):
        folder = tmp_path / name
        folder.mkdir()
        dates = (np.datetime64("2025-01-01") + np.linspace(0, days, rows).astype(int)).astype(str).tolist()
        run = new_run(settings, folder, {"review": [str(i) for i in range(rows)], "date": dates}, rows=rows)
        write_part(run, 1, pa.table({"key": np.arange(rows), "prediction": ["x"] * rows, "error": pa.nulls(rows, pa.string())}))
        found[name] = ResultQuery(settings, run).over_time("date").granularity
    assert found == {"few": "quarter", "many": "week", "short": "day", "long": "year"}


@pytest.mark.parametrize(
    ("rows", "minutes", "granularity", "periods"),
    [
        (1_000, 59, "minute", 60),
        (1_000, 75, "10 minutes", 8),
        (90, 59, "10 minutes", 6),
        (1_000, 1_200, "hour", 21),
        (1_000, 0, "minute", 1),
    ],
)
def test_a_table_of_one_hour_has_several_periods(settings, tmp_path, rows, minutes, granularity, periods):
    dates = (np.datetime64("2017-08-27T10:00:00") + np.linspace(0, 60 * minutes, rows).astype(int)).astype(str).tolist()
    run = new_run(settings, tmp_path, {"review": [str(i) for i in range(rows)], "date": dates}, rows=rows)
    write_part(run, 1, pa.table({"key": np.arange(rows), "prediction": ["x"] * rows, "error": pa.nulls(rows, pa.string())}))
    found = ResultQuery(settings, run).over_time("date")
    assert (found.granularity, found.counts["period"].nunique(), found.counts["rows"].sum()) == (granularity, periods, rows)


def test_a_day_without_a_clock_is_a_day(settings, tmp_path):
    run = new_run(settings, tmp_path, {"review": ["a", "b"], "date": ["2025-06-03", "2025-06-03"]}, rows=2)
    write_part(run, 1, pa.table({"key": [0, 1], "prediction": ["x", "x"], "error": pa.nulls(2, pa.string())}))
    assert ResultQuery(settings, run).over_time("date").granularity == "day"


def test_a_running_run_shows_what_is_scored_and_refreshes(settings, run):
    query = ResultQuery(settings, run)
    assert not query.finished
    assert set(query.page()["error"]) == {"not scored"}
    write_keys(run, KEYS)
    assert query.refresh(), "the plan is news"
    assert query.count(ResultFilters(state="skipped")) == 2
    assert query.count(ResultFilters(state="scored")) == 0
    assert query.page()["review"][0] == "Great product"
    write_part(run, 1, outputs([0, 1]))
    assert query.refresh()
    assert not query.refresh()
    page = query.page()
    assert page["prediction"].tolist()[:2] == ["positive", "negative"]
    assert page["prediction"][3] == "positive", "a duplicate shares the prediction of its first row"
    assert page["error"][4] == "not scored"
    assert query.failures().to_numpy().tolist() == [
        ["skipped: the cell is empty", "skipped", 1, 2],
        ["skipped: there is no value", "skipped", 1, 7],
        ["not scored", "waiting", 5, 4],
    ]
    write_part(run, 1, outputs([4, 5, 6]))
    query.refresh()
    assert query.label_counts()["rows"].tolist() == [4, 2]
    write_part(run, 1, outputs([8, 9], "too hot"))
    build_result(run, KEYS)
    assert query.refresh()
    assert query.finished
    assert query.page()["error"][2] == "skipped: the cell is empty"


def test_a_later_attempt_supersedes_and_filters_are_asked_anew(settings, run):
    write_part(run, 1, outputs([8, 0], "too hot"))
    query = ResultQuery(settings, run)
    failed = ResultFilters(state="failed")
    assert query.page(failed).index.tolist() == [8]
    fixed = outputs([8]).set_column(1, "prediction", pa.array(["negative"])).set_column(5, "error", pa.array([None], pa.string()))
    write_part(run, 2, fixed)
    query.refresh()
    assert query.page(failed).empty
    assert query.row(8)["prediction"] == "negative"
    assert query.count() == 10


def test_a_retry_shows_its_parts_before_the_result_is_built_again(settings, run):
    write_part(run, 1, outputs([0, 1, 4, 5, 6, 8, 9], "too hot"))
    build_result(run, KEYS)
    query = ResultQuery(settings, run)
    time.sleep(0.05)
    write_part(
        run, 2, outputs([8]).set_column(1, "prediction", pa.array(["negative"])).set_column(5, "error", pa.array([None], pa.string()))
    )
    assert query.refresh()
    assert query.row(8)["prediction"] == "negative"
    build_result(run, KEYS)
    assert query.refresh()
    assert query.finished
    assert query.row(8)["prediction"] == "negative"


def test_only_the_rows_of_the_limit(settings, tmp_path):
    run = new_run(settings, tmp_path, limit=4)
    query = ResultQuery(settings, run)
    assert query.count() == 4
    write_keys(run, KEYS[:4])
    write_part(run, 1, outputs([0]))
    query.refresh()
    assert query.label_counts()["rows"].tolist() == [2]


def test_a_run_without_an_input(settings):
    run = create_run(settings, RehearsalSpec(rows=5), owner="me")
    query = ResultQuery(settings, run)
    assert query.count() == 0
    write_part(run, 1, pa.table({"key": [0, 1], "prediction": ["zero", "one"], "error": pa.nulls(2, pa.string())}))
    query.refresh()
    assert query.page().to_dict("list")["prediction"] == ["zero", "one"]
    build_result(run, np.arange(2))
    query.refresh()
    assert query.page()["row"].tolist() == [0, 1]


HOSTILE = [
    '"; drop view result; --',
    "a'b",
    "Name",
    "name",
    "NAME",
    "🎧 emoji",
    " ",
    "prediction",
    "row_number",
    "file_row_number",
    "c0",
    "select",
    "x" * 300,
    "filename",
]


@pytest.mark.parametrize("state", ["running", "finished"])
def test_any_column_name_is_only_a_name(settings, tmp_path, state):
    table = pa.table([pa.array([f"{i}-{row}" for row in range(3)]) for i in range(len(HOSTILE))], names=HOSTILE)
    run = new_run(settings, tmp_path, table, rows=3, roles={"text": "Name"})
    write_part(
        run,
        1,
        pa.table({"key": [0, 1, 2], "prediction": ["p", "q", "q"], "confidence": [0.5, 0.6, 0.7], "error": pa.nulls(3, pa.string())}),
    )
    if state == "finished":
        build_result(run, np.arange(3))
    query = ResultQuery(settings, run)
    assert query.outputs["prediction"] == "prediction_2"
    page = query.page()
    assert list(page.columns) == [*HOSTILE, "prediction_2", "confidence", "error"]
    for i, name in enumerate(HOSTILE):
        assert page[name].tolist() == [f"{i}-{row}" for row in range(3)]
        only = ResultFilters(columns=(ColumnFilter(column=name, one_of=(f"{i}-1",)),))
        assert query.page(only, sort=Sort(column=name)).index.tolist() == [1]
        assert query.values(name)["rows"].tolist() == [1, 1, 1]
        assert query.breakdown(name).counts["rows"].sum() == 3
    assert query.row(2)['"; drop view result; --'] == "0-2"


def test_a_column_that_is_not_there(finished):
    for ask in (
        lambda: finished.breakdown("nope"),
        lambda: finished.page(sort=Sort(column="c0")),
        lambda: finished.count(ResultFilters(columns=(ColumnFilter(column="REVIEW", one_of=("x",)),))),
        lambda: finished.over_time("row_number"),
    ):
        with pytest.raises(BadInput):
            ask()


def test_typed_columns(settings, tmp_path):
    table = pa.table(
        {
            "review": ["a", "b"],
            "n": pa.array([3, None]),
            "yes": [True, False],
            "day": pa.array(["2025-06-03", "2025-07-04"]).cast(pa.date32()),
            "at": pa.array([0, 10**15], pa.timestamp("us", "Europe/Paris")),
            "list": [[1, 2], []],
            "price": pa.array([None, "2.50"]).cast(pa.decimal128(8, 2)),
        }
    )
    run = new_run(settings, tmp_path, table, rows=2)
    write_part(run, 1, pa.table({"key": [0, 1], "prediction": ["p", "q"], "error": pa.nulls(2, pa.string())}))
    query = ResultQuery(settings, run)
    assert [column.kind for column in query.columns] == ["text", "number", "boolean", "time", "time", "other", "number", "text", "text"]
    assert query.time_columns() == ["day", "at"]
    assert query.over_time("day", granularity="month").counts["label"].tolist() == ["p", "q"]
    assert query.over_time("at").read == 2
    assert query.page(sort=Sort(column="n"))["n"].tolist()[0] == 3
    assert query.page(ResultFilters(columns=(ColumnFilter(column="yes", one_of=("true",)),))).index.tolist() == [0]
    for column in table.column_names:
        assert query.breakdown(column).counts["rows"].sum() == 2
        assert len(query.values(column)) == 2
    assert query.row(0)["list"] == [1, 2]


def test_the_connection_reads_nothing_else(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "empty_home"))
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    allowed = tmp_path / "it's.parquet"
    pq.write_table(pa.table({"a": [1]}), allowed)
    connection = connect(settings, [allowed])
    assert connection.execute(f"SELECT a FROM read_parquet('{str(allowed).replace(chr(39), chr(39) * 2)}')").fetchall() == [(1,)]
    for sql in (
        f"SELECT * FROM read_csv('{secret}')",
        f"SELECT * FROM '{secret}'",
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO 'x.csv'",
        "ATTACH 'other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_parquet('http://127.0.0.1:9/x.parquet')",
        "SET enable_external_access = true",
        "SET allowed_paths = ['/']",
        "SET memory_limit = '100GB'",
    ):
        with pytest.raises(Exception, match=r"(?i)disabled|locked|cannot|permission"):
            connection.execute(sql)
    assert {path.name for path in tmp_path.iterdir()} == {"secret.csv", "it's.parquet"}


def test_too_much_for_the_memory_is_a_limit_not_a_crash(settings, tmp_path):
    rows = 200_000
    table = pa.table({"review": [f"{i:09d}" * 20 for i in range(rows)]})
    run = new_run(settings, tmp_path, table, rows=rows, roles={})
    query = ResultQuery(settings.model_copy(update={"query_memory_mb": 20}), run)
    with pytest.raises(LimitReached, match="SHEETFORMER_QUERY_MEMORY_MB"):
        query.breakdown("review")
    assert query.count() == rows, "the next question is answered"


def test_several_threads_share_one_query(finished):
    expected = {label: finished.page(ResultFilters(labels=(label,)), search="a").index.tolist() for label in ("positive", "negative")}
    answers = []

    def ask(label):
        answers.extend(finished.page(ResultFilters(labels=(label,)), search="a").index.tolist() == expected[label] for _ in range(20))

    threads = [threading.Thread(target=ask, args=(label,)) for label in expected for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 80


@pytest.mark.slow
def test_a_million_rows_stay_quick(settings, tmp_path):
    rows = 1_000_000
    rng = np.random.default_rng(0)
    words = np.array(["the", "screen", "broke", "love", "great", "awful", "sound", "works", "never", "again", "slow", "Über"])
    texts = [" ".join(line) for line in words[rng.integers(0, len(words), (rows, 12))]]
    run = new_run(settings, tmp_path, pa.table({"review": texts, "region": rng.choice(["N", "S", "E", "W"], rows).tolist()}), rows=rows)
    confidence = rng.random(rows)
    predicted = np.where(confidence < 0.4, "negative", "positive").tolist()
    write_part(
        run, 1, pa.table({"key": np.arange(rows), "prediction": predicted, "confidence": confidence, "error": pa.nulls(rows, pa.string())})
    )
    build_result(run, np.arange(rows))
    query = ResultQuery(settings, run)
    # Limits are three times what was measured on two cores, so that a busy machine passes and a lost plan does not.
    limits = [
        (0.3, lambda: query.page(offset=900_000)),
        (0.9, lambda: query.page(sort=Sort(column="confidence", descending=True))),
        (0.9, lambda: query.page(ResultFilters(labels=("negative",), confidence=(0.1, 0.3)))),
        (2.0, lambda: query.page(search="broke LOVE awful")),
        (0.2, lambda: query.page(search="broke LOVE awful", offset=50)),
        (0.5, query.label_counts),
        (0.9, lambda: query.breakdown("region")),
    ]
    for limit, ask in limits:
        start = time.perf_counter()
        ask()
        assert time.perf_counter() - start < limit

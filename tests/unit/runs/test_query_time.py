"""Rows over time: dates in many forms, and how finely they are counted."""

import numpy as np
import pyarrow as pa
import pytest

from core.runs import write_part
from core.runs.query import ResultQuery
from tests.unit.runs.sample_runs import new_run


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

"""Questions about a run that is running, retried, limited, or has no input."""

import time

import numpy as np
import pyarrow as pa

from core.runs import build_result, create_run, write_part
from core.runs.filters import ResultFilters
from core.runs.keys import write_keys
from core.runs.query import ResultQuery
from core.schema import RehearsalSpec
from tests.unit.runs.sample_runs import KEYS, new_run, outputs


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

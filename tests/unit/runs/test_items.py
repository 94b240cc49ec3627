"""Questions about outputs that are lists, about lengths, and about outputs that only some rows have."""

import numpy as np
import pyarrow as pa
import pytest

from core.files import write_json
from core.runs import build_result, write_part
from core.runs.filters import ResultFilters
from core.runs.query import ResultQuery
from tests.unit.runs.sample_runs import new_run

FOUND = [
    [{"label": "PER", "text": "Zoe"}, {"label": "PER", "text": "Zoe"}, {"label": "LOC", "text": "Rome"}],
    [],
    [{"label": "LOC", "text": "Bonn"}],
]


def query_of(settings, tmp_path, *, finished: bool) -> ResultQuery:
    run = new_run(settings, tmp_path, {"text": pa.array(["a", "b", "c", "a"])}, rows=4)
    write_json(run.choices_path, {"counted": ""})
    outputs = {"prediction": ["one two", "", " three "], "entities": pa.array(FOUND), "duplicate_of": pa.array([1, None, None], pa.int64())}
    write_part(run, 1, pa.table({"key": [0, 1, 2], **outputs, "error": pa.nulls(3, pa.string())}))
    keys = np.array([0, 1, 2, 0])
    if finished:
        build_result(run, keys)
    return ResultQuery(settings, run)


@pytest.fixture
def query(settings, tmp_path) -> ResultQuery:
    return query_of(settings, tmp_path, finished=True)


def test_items_are_counted_over_all_rows(query: ResultQuery) -> None:
    assert query.items("entities", ("label",), 10).to_dict("list") == {"label": ["PER", "LOC"], "items": [4, 3], "rows": [2, 3]}
    found = query.items("entities", ("text", "label"), 2)
    assert found.to_dict("list") == {"text": ["Zoe", "Rome"], "label": ["PER", "LOC"], "items": [4, 2], "rows": [2, 2]}
    assert query.labels_of_items("entities") == ["PER", "LOC"]
    assert query.items("nothing", ("label",), 5).columns.tolist() == ["label", "items", "rows"]


def test_items_of_a_run_that_still_works(settings, tmp_path) -> None:
    running = query_of(settings, tmp_path, finished=False)
    assert running.items("entities", ("label",), 10)["items"].sum() >= 4
    assert running.count(ResultFilters(item_labels=("PER",))) >= 1


def test_rows_with_an_item_of_a_label(query: ResultQuery) -> None:
    assert query.numbers(ResultFilters(item_labels=("PER",))).tolist() == [0, 3]
    assert query.numbers(ResultFilters(item_labels=("PER", "LOC"))).tolist() == [0, 2, 3]
    assert query.count(ResultFilters(item_labels=("'); DROP TABLE result; --",))) == 0


def test_rows_with_a_value(query: ResultQuery) -> None:
    assert query.numbers(ResultFilters(filled=("duplicate_of",))).tolist() == [0, 3]
    assert query.count(ResultFilters(filled=("no_such_output",))) == 4


def test_lengths_in_words_leave_out_what_is_blank(query: ResultQuery) -> None:
    assert query.lengths("prediction").to_dict("list") == {"words": [1, 2], "rows": [1, 2]}

"""A finished run counted again with what the user says their labels mean."""

from __future__ import annotations

import pyarrow as pa
import pytest

from core.errors import BadInput, Conflict, NotAllowed
from core.files import write_json
from core.inference import measuring
from core.runs import RunFolder, build_result, create_run, write_part
from core.runs.filters import ResultFilters
from core.runs.query import ResultQuery
from core.settings import Settings
from core.tasks import TaskModel
from tests.unit.runs.sample_runs import COLUMNS, KEYS, new_run, outputs

MODEL = TaskModel(labels=("negative", "positive"), problem="single")


@pytest.fixture
def limits(tmp_path) -> Settings:
    return Settings(home=tmp_path / "home", max_unmatched_labels=2)


def finished(limits: Settings, tmp_path, columns=None, **changes) -> RunFolder:
    run = new_run(limits, tmp_path, columns, **changes)
    write_part(run, 1, outputs([0, 1, 4, 5, 6, 8, 9], "too hot"))
    build_result(run, KEYS)
    write_json(run.choices_path, {"labels": list(MODEL.labels), "problem": "single"})
    unmatched = measuring.write_metrics(limits, run, run.spec(), MODEL, run.spec().label_map)
    write_json(run.summary_path, {"rows": 10, **unmatched})
    return run


def test_a_map_changes_the_figures_and_nothing_else(limits, tmp_path):
    run = finished(limits, tmp_path)
    spec, result, before = run.spec_path.read_bytes(), run.result_path.read_bytes(), run.metrics()
    assert before["unmatched"] == {"meh": 1} == run.summary()["unmatched"]
    assert before["metrics"]["accuracy"]["n"] == 6
    measuring.count_again(limits, run.id, {"MEH": "Positive"}, owner="me")
    after = run.metrics()
    assert after["metrics"]["accuracy"]["n"] == 7
    assert after["label_map"] == {"MEH": "positive"}
    assert (run.summary()["rows"], run.summary()["unmatched"], run.summary()["unmatched_rows"]) == (10, {}, 0)
    assert (run.spec_path.read_bytes(), run.result_path.read_bytes()) == (spec, result)
    measuring.count_again(limits, run.id, {}, owner="me")
    assert run.metrics() == before


def test_a_later_attempt_keeps_what_was_said(limits, tmp_path):
    run = finished(limits, tmp_path, label_map={"meh": "negative"})
    assert measuring.label_map_in_force(run, run.spec()) == {"meh": "negative"}
    measuring.count_again(limits, run.id, {}, owner="me")
    assert measuring.label_map_in_force(run, run.spec()) == {}


def test_the_filter_for_other_answers_follows_the_map(limits, tmp_path):
    run = finished(limits, tmp_path)
    query, differs = ResultQuery(limits, run), ResultFilters(disagrees_with="truth")
    before = query.numbers(differs).tolist()
    measuring.count_again(limits, run.id, {"meh": "negative"}, owner="me")
    assert query.numbers(differs).tolist() == sorted([*before, 5])
    query.close()


def test_values_that_match_nothing_are_named_up_to_max_unmatched_labels(limits, tmp_path):
    truth = ["a", "b", "a", "", "c", "a", "b", None, "d", "positive"]
    columns = {name: pa.array(values, pa.string()) for name, values in (COLUMNS | {"truth": truth}).items()}
    run = finished(limits, tmp_path, columns)
    found = run.summary()
    assert found["unmatched"] == {"a": 2, "b": 2}
    assert (found["unmatched_values"], found["unmatched_rows"]) == (3, 5)  # one "a" and "d" stand in rows without a prediction


def test_only_the_owner_of_a_finished_run_counts_it_again(limits, tmp_path):
    run = finished(limits, tmp_path)
    with pytest.raises(NotAllowed):
        measuring.count_again(limits, run.id, {}, owner="somebody")
    with pytest.raises(BadInput, match="neutral"):
        measuring.count_again(limits, run.id, {"meh": "neutral"}, owner="me")
    waiting = create_run(limits, run.spec(), owner="me", input_table=run.input_path)
    with pytest.raises(Conflict):
        measuring.count_again(limits, waiting.id, {}, owner="me")
    run.choices_path.unlink()
    with pytest.raises(BadInput, match="labels"):
        measuring.count_again(limits, run.id, {}, owner="me")

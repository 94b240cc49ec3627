"""Law 1: result row i belongs to input row i, each row once, the user's columns untouched."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.errors import Conflict, NotFound, RunFailed
from core.files import sha256_of
from core.jobs.runner import read_final
from core.runs import (
    SKIPPED_EMPTY,
    SKIPPED_MISSING,
    build_result,
    check_unchanged,
    collect,
    create_run,
    delete_run,
    finished_keys,
    has_current_result,
    open_run,
    write_part,
)
from core.runs.parts import list_parts, remove_unfinished
from core.runs.result import free_names, output_names
from core.schema import PredictSpec, TableSource, fingerprint_of
from core.settings import Settings


def make_run(settings: Settings, columns: dict, owner: str = "local"):
    source = settings.home / "source.parquet"
    settings.home.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), source)
    rows = len(next(iter(columns.values())))
    spec = PredictSpec(
        task="text-classification",
        table=TableSource(id=sha256_of(source), name="x.csv", rows=rows),
        roles={"text": "text"},
        model="embedded:sentiment",
        revision="0" * 64,
    )
    return create_run(settings, spec, owner=owner, input_table=source)


def part(keys: list[int], predictions: list[str | None], errors: list[str | None] | None = None) -> pa.Table:
    return pa.table(
        {
            "key": pa.array(keys, pa.int64()),
            "prediction": pa.array(predictions, pa.string()),
            "error": pa.array(errors or [None] * len(keys), pa.string()),
        }
    )


def test_every_row_gets_the_outputs_of_its_key(settings: Settings) -> None:
    run = make_run(settings, {"text": ["a", "b", "", "a", None]})
    write_part(run, 1, part([1], ["B"]))
    write_part(run, 1, part([0], ["A"]))
    names = build_result(run, np.array([0, 1, SKIPPED_EMPTY, 0, SKIPPED_MISSING]))
    result = pq.read_table(run.result_path)
    assert names == {"prediction": "prediction", "error": "error"}
    assert result["text"].to_pylist() == ["a", "b", "", "a", None]
    assert result["prediction"].to_pylist() == ["A", "B", None, "A", None]
    assert result["error"].to_pylist() == [None, None, "skipped: the cell is empty", None, "skipped: there is no value"]


def test_a_result_is_built_slice_by_slice_as_it_is_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.runs import result as module

    rows = 57
    run = make_run(settings, {"text": [str(row % 19) for row in range(rows)]})
    random = np.random.default_rng(0)
    for keys in np.array_split(random.permutation(19), 5):
        write_part(run, 1, part(keys.tolist(), [f"old {key}" for key in keys], ["failed" if key % 3 == 0 else None for key in keys]))
    write_part(run, 2, part([9, 0], ["new 9", "new 0"]))
    keys = np.arange(rows) % 19
    keys[5], keys[40] = SKIPPED_EMPTY, 57  # a key that no part has
    monkeypatch.setattr(module, "BATCH_ROWS", 8)
    taken, original = [], module.PartsByKey.take
    monkeypatch.setattr(module.PartsByKey, "take", lambda self, wanted: taken.append(len(wanted)) or original(self, wanted))
    build_result(run, keys)
    built = pq.read_table(run.result_path)
    whole = collect(run)
    places = dict(zip(whole["key"].to_pylist(), range(len(whole)), strict=True))
    expected = [whole["prediction"][places[key]].as_py() if key in places else None for key in keys.tolist()]
    assert built["prediction"].to_pylist() == expected
    assert built["error"][0].as_py() is None and built["error"][3].as_py() == "failed"
    assert built["error"][5].as_py() == "skipped: the cell is empty" and built["error"][40].as_py() == "not scored"
    assert len(taken) == 8 and max(taken) <= 8


def test_parts_whose_types_differ_are_read_as_one(settings: Settings) -> None:
    run = make_run(settings, {"text": ["a", "b", "c"]})
    write_part(run, 1, pa.table({"key": [1], "prediction": pa.nulls(1), "error": ["failed"]}))
    write_part(run, 1, pa.table({"key": [2, 0], "prediction": ["C", "A"], "error": pa.nulls(2, pa.string())}))
    build_result(run, np.array([0, 1, 2]))
    assert pq.read_table(run.result_path)["prediction"].to_pylist() == ["A", None, "C"]


def test_users_columns_keep_their_names(settings: Settings) -> None:
    run = make_run(settings, {"text": ["a"], "Prediction": ["mine"], "error": ["mine too"]})
    write_part(run, 1, part([0], ["A"]))
    names = build_result(run, np.array([0]))
    result = pq.read_table(run.result_path)
    assert names == {"prediction": "prediction_2", "error": "error_2"}
    assert output_names(result.schema) == names
    assert result.column_names == ["text", "Prediction", "error", "prediction_2", "error_2"]
    assert result["Prediction"].to_pylist() == ["mine"]


def test_newest_attempt_supersedes(settings: Settings) -> None:
    run = make_run(settings, {"text": ["a", "b"]})
    write_part(run, 1, part([0, 1], ["A", None], [None, "broke"]))
    assert finished_keys(run, again_failed=False).tolist() == [0, 1]
    assert finished_keys(run, again_failed=True).tolist() == [0]
    write_part(run, 2, part([1], ["B"]))
    assert finished_keys(run, again_failed=True).tolist() == [0, 1]
    assert collect(run)["prediction"].to_pylist() == ["A", "B"]


def test_fewer_rows_than_the_input_on_request_but_never_more(settings: Settings) -> None:
    run = make_run(settings, {"text": ["a", "b", "c"]})
    write_part(run, 1, part([0, 1], ["A", "B"]))
    build_result(run, np.array([0, 1]))
    assert pq.read_table(run.result_path).num_rows == 2
    with pytest.raises(RunFailed):
        build_result(run, np.array([0, 1, 1, 1]))
    assert pq.read_table(run.result_path).num_rows == 2, "a failed rebuild leaves the last result"


def test_rows_without_a_part_say_so(settings: Settings) -> None:
    run = make_run(settings, {"text": ["a", "b"]})
    write_part(run, 1, part([0], ["A"]))
    build_result(run, np.array([0, 1]))
    assert pq.read_table(run.result_path)["error"].to_pylist() == [None, "not scored"]


def test_no_rows_still_give_columns(settings: Settings) -> None:
    run = make_run(settings, {"text": pa.array([], pa.string())})
    build_result(run, np.array([], np.int64))
    assert pq.read_table(run.result_path).column_names == ["text", "error"]


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_order_of_parts_never_matters(settings: Settings, contents: list[int], random) -> None:
    run = make_run(settings, {"text": [str(c) for c in contents]})
    first = {c: contents.index(c) for c in contents}
    order = list(first)
    random.shuffle(order)
    for content in order:
        write_part(run, 1, part([first[content]], [f"scored {content}"]))
    build_result(run, np.array([first[c] for c in contents]))
    assert pq.read_table(run.result_path)["prediction"].to_pylist() == [f"scored {c}" for c in contents]


def test_a_half_written_part_does_not_count(settings: Settings) -> None:
    run = make_run(settings, {"text": ["a"]})
    (run.parts / ".writing-0000-0001-000000.parquet").write_bytes(b"PAR1 and no more")
    assert list_parts(run) == []
    remove_unfinished(run)
    assert list(run.parts.iterdir()) == []


def test_a_spec_from_before_a_field_was_there_is_not_a_changed_one(settings: Settings) -> None:
    run = make_run(settings, {"text": ["a"]})
    spec, origin = json.loads(run.spec_path.read_text()), json.loads(run.origin_path.read_text())
    assert fingerprint_of(spec) == run.spec().fingerprint() == origin["fingerprint"]
    del spec["limit"]
    run.spec_path.write_text(json.dumps(spec))
    run.origin_path.write_text(json.dumps(origin | {"fingerprint": fingerprint_of(spec)}))
    check_unchanged(run)


def test_a_changed_input_or_spec_is_refused(settings: Settings) -> None:
    run = make_run(settings, {"text": ["a"]})
    check_unchanged(run)
    run.spec_path.write_text(run.spec_path.read_text().replace('"seed": 0', '"seed": 1'))
    with pytest.raises(Conflict, match="changed spec"):
        check_unchanged(run)
    run = make_run(settings, {"text": ["a"]})
    run.input_path.unlink()
    pq.write_table(pa.table({"text": ["b"]}), run.input_path)
    with pytest.raises(Conflict, match=r"changed input\.parquet"):
        check_unchanged(run)


@pytest.mark.parametrize("text", ["", "../../etc", "0123456789abcdeF", "0123456789abcdef/..", "x" * 16, "0123456789abcdef\n"])
def test_a_text_that_is_no_id_is_never_a_path(settings: Settings, text: str) -> None:
    with pytest.raises(NotFound):
        open_run(settings, text)


def test_a_deleted_run_is_gone(settings: Settings) -> None:
    run = make_run(settings, {"text": ["a"]})
    delete_run(settings, run.id)
    with pytest.raises(NotFound):
        open_run(settings, run.id)
    assert list(run.path.parent.iterdir()) == []


def test_free_names_are_unique() -> None:
    assert free_names(["p_a", "p_A", "p_a_2"], ["P_a"]) == {"p_a": "p_a_2", "p_A": "p_A_3", "p_a_2": "p_a_2_2"}


def test_a_result_older_than_a_part_is_not_current(settings: Settings) -> None:
    run = make_run(settings, {"text": ["a"]})
    assert not has_current_result(run)
    write_part(run, 1, part([0], [None], ["broke"]))
    build_result(run, np.array([0]))
    assert has_current_result(run)
    write_part(run, 2, part([0], ["A"]))  # a retry that is stopped builds no result
    assert not has_current_result(run)
    build_result(run, np.array([0]))
    assert has_current_result(run)


@pytest.mark.parametrize("name", ["spec.json", "summary.json", "metrics.json", "choices.json"])
def test_a_damaged_file_is_named(settings: Settings, name: str) -> None:
    run = make_run(settings, {"text": ["a"]})
    (run.path / name).write_text("{")
    read = {"spec.json": run.spec, "summary.json": run.summary, "metrics.json": run.metrics, "choices.json": run.choices}[name]
    with pytest.raises(RunFailed, match=name):
        read()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"state": "flying", "error": null, "time": 0}'])
def test_an_unreadable_last_word_is_no_word(settings: Settings, text: str) -> None:
    """One damaged file must not stop everybody's queue: the attempt counts as dead, and is tried again."""
    run = make_run(settings, {"text": ["a"]})
    run.final_path(1).write_text(text)
    assert read_final(run, 1) is None

"""The job without a model."""

from __future__ import annotations

import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import RunFailed
from core.runs import RunContext, RunFolder, create_run, list_parts, read_progress, write_part
from core.schema import PredictSpec, RehearsalSpec, TableSource
from core.settings import Settings
from core.worker import rehearsal


def make(settings: Settings, **values: object) -> RunFolder:
    return create_run(settings, RehearsalSpec(**{"rows": 25, "part_rows": 10, "seconds_per_part": 0, **values}), owner="a")


def test_it_squares_every_row_once(settings: Settings) -> None:
    run = make(settings)
    assert rehearsal.run(RunContext(settings, run)) == "done"
    assert len(list_parts(run)) == 3
    result = pq.read_table(run.result_path)
    assert result["prediction"].to_pylist() == [str(row**2) for row in range(25)]
    assert run.summary() == {"rows": 25, "failed": 0, "skipped": 0, "distinct": 25, "columns": ["prediction", "error"], "attempt": 1}
    progress = read_progress(run)
    assert (progress.rows_done, progress.rows) == (25, 25)


def test_it_goes_on_where_its_parts_end(settings: Settings) -> None:
    run = make(settings)
    keys = pa.array([3, 24], pa.int64())
    write_part(run, 1, pa.table({"key": keys, "prediction": ["kept", "kept"], "error": pa.nulls(2, pa.string())}))
    assert rehearsal.run(RunContext(settings, run, attempt=2)) == "done"
    prediction = pq.read_table(run.result_path)["prediction"].to_pylist()
    assert prediction == ["kept" if row in (3, 24) else str(row**2) for row in range(25)]


def test_a_retry_works_on_failed_rows_only(settings: Settings) -> None:
    run = make(settings)
    keys = pa.array(range(25), pa.int64())
    write_part(run, 1, pa.table({"key": keys, "prediction": ["old"] * 25, "error": pa.array([None] * 24 + ["broken"], pa.string())}))
    assert rehearsal.run(RunContext(settings, run, attempt=2, retry_failed=True)) == "done"
    assert pq.read_table(run.result_path)["prediction"].to_pylist() == ["old"] * 24 + ["576"]


def test_it_stops_between_parts_and_in_its_sleep(settings: Settings) -> None:
    run = make(settings, seconds_per_part=60)
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    assert rehearsal.run(RunContext(settings, run, stop=stop)) == "stopped"
    assert not run.result_path.exists()


def test_no_rows_make_an_empty_result(settings: Settings) -> None:
    run = make(settings, rows=0)
    assert rehearsal.run(RunContext(settings, run)) == "done"
    assert pq.read_table(run.result_path).num_rows == 0


def test_another_kind_of_spec_is_refused(settings: Settings) -> None:
    table = TableSource(id="0" * 64, name="t", rows=1)
    spec = PredictSpec(task="text-classification", table=table, roles={}, model="embedded:sentiment", revision="0" * 64)
    with pytest.raises(RunFailed, match="predict"):
        rehearsal.run(RunContext(settings, create_run(settings, spec, owner="a")))

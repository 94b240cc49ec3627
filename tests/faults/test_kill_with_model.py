"""Three cells of the kill matrix with the real model: the same rows and the same answers as a run that nobody disturbed."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pandas as pd
import pyarrow.parquet as pq
import pytest

from core import inference, jobs, tables
from core.runs import open_run
from core.schema import FINAL_STATES, Job, JobState, PredictSpec, Role
from core.settings import Settings
from core.workspaces import LOCAL
from tests.faults.rig import OWNER, Rig, frozen_in, keys_written

ROWS = 400

pytestmark = pytest.mark.xdist_group("kill_with_model")  # one rig for all of them


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    home = tmp_path_factory.mktemp("model") / "home"
    rig = Rig(Settings(home=home, max_running_jobs=1, idle_exit_seconds=1, part_seconds=0.1, quick_start_free_mb=0))
    try:
        rig.start_server()
        yield rig
    finally:
        rig.end_all()


@pytest.fixture(scope="module")
def table(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> tables.Table:
    """Rows of very different lengths, every tenth one a repetition, with an empty one in between."""
    path = tmp_path_factory.mktemp("file") / "texts.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text"])
        for row in range(ROWS):
            text = (
                f"The {row - row % 10 if row % 10 == 1 else row}th film was "
                + ("slow, " * (row % 60))
                + ("a joy." if row % 3 else "a bore.")
            )
            writer.writerow(["" if row == 7 else text])
    return tables.import_file(rig.settings, LOCAL, path)


@pytest.fixture(scope="module")
def spec(rig: Rig, table: tables.Table) -> PredictSpec:
    roles = {Role.TEXT: "text"}
    return inference.make_spec(rig.settings, table, task="text-classification", model="embedded:sentiment", roles=roles, precision="fp32")


@pytest.fixture(scope="module")
def undisturbed(rig: Rig, table: tables.Table, spec: PredictSpec) -> pd.DataFrame:
    job = jobs.submit(rig.settings, spec, owner=OWNER, input_table=table.path)
    assert rig.await_state(job.id, *FINAL_STATES).state == JobState.DONE
    return pq.read_table(open_run(rig.settings, job.id).result_path).to_pandas()


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize(("state", "victim"), [("running", "worker"), ("writing", "all"), ("running", "scheduler")])
def test_kill(rig: Rig, table: tables.Table, spec: PredictSpec, undisturbed: pd.DataFrame, state: str, victim: str) -> None:
    def submit() -> Job:
        return jobs.submit(rig.settings, spec, owner=OWNER, input_table=table.path)

    with frozen_in(rig, state, submit) as (job_id, worker_of):
        rig.kill(victim, worker_of)
    rig.restart()
    job = rig.await_state(job_id, *FINAL_STATES)
    assert job.state == JobState.DONE, job.error
    assert job.attempt == (1 if victim == "scheduler" else 2)

    run = open_run(rig.settings, job_id)
    assert set(keys_written(run).values()) == {1}, "no row was scored twice"
    result = pq.read_table(run.result_path).to_pandas()
    assert result["text"].tolist() == undisturbed["text"].tolist()
    assert result["prediction"].tolist() == undisturbed["prediction"].tolist()
    assert result["error"].tolist() == undisturbed["error"].tolist()
    assert (result["confidence"] - undisturbed["confidence"]).abs().max() < 1e-5
    assert result["prediction"].notna().sum() == ROWS - 1

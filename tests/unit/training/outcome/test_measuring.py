"""What an adapter says of the validation rows stays with the run: which row it was, what is true, what it said."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq

from core import training
from core.runs import RunContext, create_run
from core.training.outcome.kept_answers import ANSWERS, PROBLEM_METADATA
from core.training.run import run
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.unit.training.conftest import sentences

QUICK = {"epochs": 2, "rank": 2, "batch_rows": 16, "learning_rate": 5e-3}


def test_the_answers_on_the_validation_rows_stay_with_the_run(tuned, known) -> None:
    frame = sentences(60)
    folder = tuned(frame, dials=QUICK)
    assert run(RunContext(known, folder)) == "done"
    answers = pd.read_parquet(folder.path / ANSWERS)
    assert answers.columns.tolist() == ["row", "truth", "prediction", "confidence", "right", "accuracy"] and answers["row"].is_unique
    assert answers["truth"].tolist() == frame["label"][answers["row"]].tolist()
    assert answers["confidence"].between(0, 1).all()
    assert (answers["truth"] == answers["prediction"]).mean() == folder.summary()["metrics"]["accuracy"]["value"]
    assert pq.read_schema(folder.path / ANSWERS).metadata[PROBLEM_METADATA] == b"single"


def test_rows_of_a_validation_table_are_counted_in_that_table(known, tmp_path) -> None:
    learn, check = sentences(45), sentences(75)[45:].reset_index(drop=True)
    paths = tmp_path / "learn.csv", tmp_path / "check.csv"
    for frame, path in zip((learn, check), paths, strict=True):
        frame.to_csv(path, index=False)
    own, other = (import_once(known, LOCAL, path) for path in paths)
    given = {"task": "text-classification", "model": "local:body", "roles": {"text": "text", "label": "label"}, "dials": QUICK}
    spec = training.make_spec(known, own, owner=LOCAL, name="two", validation=other, **given)
    folder = create_run(known, spec, owner=LOCAL, input_table=own.path, validation_table=other.path)
    assert run(RunContext(known, folder)) == "done"
    answers = pd.read_parquet(folder.path / ANSWERS)
    assert answers["row"].tolist() == list(range(30)) and answers["truth"].tolist() == check["label"].tolist()
    assert pd.read_parquet(folder.table_path("validation")).columns.tolist() == ["text", "label"]

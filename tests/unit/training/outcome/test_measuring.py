"""What an adapter says of the validation rows stays with the run: which row it was, what is true, what it said."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import training
from core.inference.plan import Window
from core.inference.score import Scored, Scorer
from core.runs import RunContext, create_run
from core.settings import Settings
from core.training.outcome.kept_answers import ANSWERS, PROBLEM_METADATA
from core.training.outcome.measuring import answers_of
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
    probabilities = [f"p_{label}" for label in sorted(frame["label"].unique())]
    own = ["row", "truth", "prediction", "confidence", "right", "accuracy"]
    assert answers.columns[: len(own)].tolist() == own and sorted(answers.columns[len(own) :]) == probabilities and answers["row"].is_unique
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


class Answering:
    """A scorer that fails on every text with a 7 in it, and notes the windows that it is given."""

    def __init__(self) -> None:
        self.windows: list[list[int]] = []

    def score(self, window: Window) -> Iterator[Scored]:
        self.windows.append(window.keys.tolist())
        bad = np.array(["7" in cell for cell in window.cells["text"]])
        none = np.empty(0, np.int64)
        yield Scored(window.keys[~bad], {"prediction": pa.array(["yes"] * int((~bad).sum()))}, {}, none, none)
        yield Scored(none, {}, dict.fromkeys(window.keys[bad].tolist(), "no sevens"), none, none)


@pytest.mark.parametrize(
    ("limits", "windows"),
    [
        ({}, [list(range(10))]),
        ({"window_rows": 4}, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]),
        ({"window_mb": 1}, [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]),
    ],
)
def test_validation_rows_are_scored_by_the_window_and_those_that_fail_are_told(limits: dict[str, int], windows: list[list[int]]) -> None:
    scorer, long = Answering(), "x" * 299_999
    cells = {"text": [f"{n}{long}" if "window_mb" in limits else str(n) for n in range(10)]}
    results, failed = answers_of(Settings(**limits), SimpleNamespace(scorer=lambda settings: scorer), cells)
    assert scorer.windows == windows
    assert results["key"].to_pylist() == [0, 1, 2, 3, 4, 5, 6, 8, 9] and failed == ["no sevens"]


def test_figures_say_of_how_many_rows_they_are_not(tuned, known, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tuned(sentences(60), dials=QUICK)
    whole = Scorer.score

    def failing(self: Scorer, window: Window, *more: Any) -> Iterator[Scored]:
        yield from whole(self, window.part(slice(1, None)), *more)
        yield Scored(np.empty(0, np.int64), {}, {int(window.keys[0]): "too odd"}, np.empty(0, np.int64), np.empty(0, np.int64))

    monkeypatch.setattr(Scorer, "score", failing)
    assert run(RunContext(known, folder)) == "done"
    rows = folder.summary()["validation_rows"]
    assert f"1 of {rows} validation rows could not be scored, the first so: too odd" in folder.metrics()["notes"]
    assert folder.summary()["metrics"]["accuracy"]["n"] == rows - 1

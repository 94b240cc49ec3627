"""Finished runs without a model: what a worker would have written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.files import sha256_of, write_json
from core.runs import RunFolder, build_result, create_run, write_part
from core.schema import Dials, FinetuneSpec, PredictSpec, TableSource
from core.settings import Settings
from core.training.loop.history import append_history
from core.training.outcome.measuring import ANSWERS, write_answers

REVISION = "0" * 40


def source(path: Path, frame: pd.DataFrame, name: str) -> TableSource:
    frame.to_parquet(path)
    return TableSource(id=sha256_of(path), name=name, rows=len(frame))


def new_path(folder: Path) -> Path:
    """A path of its own for each table: a run's input is a link to it."""
    return folder / f"{len(list(folder.iterdir()))}.parquet"


@pytest.fixture
def scored(settings: Settings, tmp_path: Path) -> Callable[..., RunFolder]:
    """Makes a finished predict run: ``outputs`` are the columns of its scored rows, a prediction of ``None`` is a failed row."""

    def make(frame: pd.DataFrame, outputs: dict[str, list], *, labels: tuple[str, ...] = (), **spec: Any) -> RunFolder:
        path = new_path(tmp_path)
        given = {"task": "text-classification", "model": "local:a", "revision": REVISION, "roles": {"text": "text", "label": "label"}}
        made = PredictSpec(table=source(path, frame, spec.pop("name", "table.csv")), **{**given, **spec})
        run = create_run(settings, made, owner="local", input_table=path)
        rows = len(outputs["prediction"])
        errors = [None if said is not None else "RuntimeError: no" for said in outputs["prediction"]]
        write_part(run, 1, pa.table({"key": list(range(rows)), **outputs, "error": pa.array(errors, pa.string())}))
        build_result(run, np.arange(rows))
        write_json(run.choices_path, {"labels": list(labels), "problem": "single"})
        return run

    return make


@pytest.fixture
def finetuned(settings: Settings, tmp_path: Path) -> Callable[..., RunFolder]:
    """Makes a finished fine-tune with ``answers``: row of the table to (truth, prediction)."""

    def make(frame: pd.DataFrame, answers: dict[int, tuple[str, Any]] | None, *, problem: str = "single", **spec: Any) -> RunFolder:
        path = new_path(tmp_path)
        given = {"task": "text-classification", "model": "local:a", "revision": REVISION, "roles": {"text": "text", "label": "label"}}
        made = FinetuneSpec(
            table=source(path, frame, "learn.csv"), **{**given, "name": "mine", "dials": Dials(**spec.pop("dials", {})), **spec}
        )
        run = create_run(settings, made, owner="local", input_table=path)
        append_history(run, {"step": 1, "epoch": 1.0, "eval_loss": 0.7, "eval_quality": 0.6})
        append_history(run, {"step": 2, "epoch": 2.0, "eval_loss": 0.5, "eval_quality": 0.8})
        if answers is not None:
            truth, said = zip(*answers.values(), strict=True)
            write_answers(run.path / ANSWERS, np.array(list(answers)), list(truth), pa.table({"prediction": list(said)}), problem)
        return run

    return make

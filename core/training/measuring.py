"""The finished adapter on the validation rows: loaded from its files and scored as any run scores."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from core import models, tasks
from core.files import replacing
from core.inference.loading import Loaded, ready
from core.inference.plan import Window
from core.schema import FinetuneSpec, Role
from core.settings import Settings
from core.tasks import Task
from core.training.objectives import Objective

ANSWERS = "validation_answers.parquet"
"""What the adapter says of the validation rows, in the run's folder: runs are compared by it."""

PROBLEM_METADATA = b"sheetformer.problem"


def measure(
    settings: Settings,
    spec: FinetuneSpec,
    files: models.ModelFiles,
    objective: Objective,
    places: np.ndarray,
    *,
    keep: Path | None = None,
    before: int = 0,
) -> dict[str, Any]:
    """Figures of an adapter with their intervals, in the form of a run's ``metrics.json``.

    Args:
        files: of the adapter.
        places: of the validation rows.
        keep: folder that gets each row's truth and answer as ``validation_answers.parquet``, where a row has labels.
        before: rows of the tables before the one that the validation rows are counted in.
    """
    task, truth = tasks.get(spec.task), objective.truth(places)
    loaded = load(settings, task, files, spec.seed, task.Options.model_validate(spec.options), spec.roles)
    parts = [part for part in loaded.scorer(settings).score(Window(np.arange(len(places)), objective.rows.some(places))) if len(part.keys)]
    if not parts:
        return {}
    results = pa.concat_tables(pa.table({"key": part.keys, **part.columns}) for part in parts).sort_by("key")
    kept = results["key"].to_pylist()
    said = {role: [cells[key] for key in kept] for role, cells in truth.items()}
    if keep is not None and Role.LABEL in said:
        write_answers(keep / ANSWERS, places[kept] - before, said[Role.LABEL], results, loaded.model.problem)
    return task.measure(loaded.model, said, results, {}).metrics


def load(
    settings: Settings, task: Task, files: models.ModelFiles, seed: int, options: BaseModel | None = None, given: Collection[str] = ()
) -> Loaded:
    """A model in fp32, as a run would load it.

    Args:
        options: the task's; its own where ``None``.
        given: roles that there are columns for.
    """
    network = models.load_model(files, task.auto_class_for(files.tasks))
    tokenizer = models.load_tokenizer(files)
    model = ready(task, options or task.Options(), files, tokenizer, network, settings.max_probability_columns, seed, given=given)
    return Loaded(task, files, model, "fp32")


def write_answers(path: Path, rows: np.ndarray, truth: list[str | None], results: pa.Table, problem: str) -> None:
    """One row for each validation row that has an answer: ``row`` of its table, ``truth``, ``prediction``, ``confidence``.

    Args:
        problem: the head's kind in the task's words, see :class:`core.tasks.TaskModel`; kept in the file's metadata.
    """
    confidence = results["confidence"] if "confidence" in results.column_names else pa.nulls(len(rows), pa.float64())
    columns = {"row": pa.array(rows, pa.int64()), "truth": pa.array(truth, pa.string())}
    table = pa.table({**columns, "prediction": results["prediction"], "confidence": confidence})
    with replacing(path) as temporary:
        pq.write_table(table.replace_schema_metadata({PROBLEM_METADATA: problem.encode()}), temporary)

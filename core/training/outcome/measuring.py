"""The finished adapter on the validation rows: loaded from its files and scored as any run scores."""

from __future__ import annotations

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
        keep: folder that gets each row's truth and answer as ``validation_answers.parquet``.
    """
    task, truth = tasks.get(spec.task), objective.truth(places)
    loaded = load(settings, spec, files)
    parts = [part for part in loaded.scorer(settings).score(Window(np.arange(len(places)), objective.rows.some(places))) if len(part.keys)]
    if not parts:
        return {}
    results = pa.concat_tables(pa.table({"key": part.keys, **part.columns}) for part in parts).sort_by("key")
    kept = results["key"].to_pylist()
    said = {role: [cells[key] for key in kept] for role, cells in truth.items()}
    if keep is not None and Role.LABEL in said:
        rows = places[kept] - (spec.table.rows if spec.validation else 0)  # a table of their own is counted from its first row
        write_answers(keep / ANSWERS, rows, said[Role.LABEL], results, loaded.model.problem)
    return task.measure(loaded.model, said, results, {}).metrics


def load(settings: Settings, spec: FinetuneSpec, files: models.ModelFiles) -> Loaded:
    """The adapter in fp32, as a run would load it."""
    task = tasks.get(spec.task)
    return load_for(settings, spec, files, task, task.Options.model_validate(spec.options))


def load_for(settings: Settings, spec: FinetuneSpec, files: models.ModelFiles, task: Task, options: BaseModel) -> Loaded:
    """A model in fp32 for any task."""
    network = models.load_model(files, task.auto_class_for(files.tasks))
    tokenizer = models.load_tokenizer(files)
    model = ready(task, options, files, tokenizer, network, settings.max_probability_columns, spec.seed, given=spec.roles)
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

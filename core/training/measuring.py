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

ANSWERS = "validation_answers.parquet"
"""What the adapter says of the validation rows, in the run's folder: runs are compared by it."""

PROBLEM_METADATA = b"sheetformer.problem"


def measure(
    settings: Settings,
    spec: FinetuneSpec,
    files: models.ModelFiles,
    cells: dict[str, list[str]],
    truth: list[str | None],
    *,
    rows: np.ndarray | None = None,
    keep: Path | None = None,
) -> dict[str, Any]:
    """Figures of an adapter with their intervals, in the form of a run's ``metrics.json``.

    Args:
        files: of the adapter.
        cells: of the validation rows, by role.
        truth: their labels as the user wrote them.
        rows: their numbers in the table that they come from, int64.
        keep: folder that gets each row's truth and answer as ``validation_answers.parquet``; it needs ``rows``.
    """
    task = tasks.get(spec.task)
    loaded = load(settings, task, files, spec.seed)
    window = Window(np.arange(len(truth)), cells)
    parts = [part for part in loaded.scorer(settings).score(window) if len(part.keys)]
    if not parts:
        return {}
    results = pa.concat_tables(pa.table({"key": part.keys, **part.columns}) for part in parts).sort_by("key")
    kept = results["key"].to_pylist()
    if keep is not None and rows is not None:
        write_answers(keep / ANSWERS, rows[kept], [truth[key] for key in kept], results, loaded.model.problem)
    return task.measure(loaded.model, {Role.LABEL: [truth[key] for key in kept]}, results, {}).metrics


def load(settings: Settings, task: Task, files: models.ModelFiles, seed: int, options: BaseModel | None = None) -> Loaded:
    """A model in fp32, as a run would load it; ``options`` are the task's, its own where ``None``."""
    network = models.load_model(files, task.auto_class_for(files.tasks))
    tokenizer = models.load_tokenizer(files)
    model = ready(task, options or task.Options(), files, tokenizer, network, settings.max_probability_columns, seed)
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

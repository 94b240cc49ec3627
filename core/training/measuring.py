"""The finished adapter on the validation rows: loaded from its files and scored as any run scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from core import models, tasks
from core.inference.loading import Loaded, ready
from core.inference.plan import Window
from core.schema import FinetuneSpec, Role
from core.settings import Settings
from core.tasks import Task


def measure(
    settings: Settings, spec: FinetuneSpec, files: models.ModelFiles, cells: dict[str, list[str]], truth: list[str | None]
) -> dict[str, Any]:
    """Figures of an adapter with their intervals, in the form of a run's ``metrics.json``.

    Args:
        files: of the adapter.
        cells: of the validation rows, by role.
        truth: their labels as the user wrote them.
    """
    task = tasks.get(spec.task)
    loaded = load(settings, task, files, spec.seed)
    window = Window(np.arange(len(truth)), cells)
    parts = [part for part in loaded.scorer(settings).score(window) if len(part.keys)]
    if not parts:
        return {}
    results = pa.concat_tables(pa.table({"key": part.keys, **part.columns}) for part in parts).sort_by("key")
    kept = results["key"].to_pylist()
    return task.measure(loaded.model, {Role.LABEL: [truth[key] for key in kept]}, results, {}).metrics


def load(settings: Settings, task: Task, files: models.ModelFiles, seed: int) -> Loaded:
    """The adapter in fp32, as a run would load it."""
    network = models.load_model(files, task.auto_class_for(files.tasks))
    tokenizer = models.load_tokenizer(files)
    model = ready(task, task.Options(), files, tokenizer, network, settings.max_probability_columns, seed)
    return Loaded(task, files, model, "fp32")

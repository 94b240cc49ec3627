"""The finished adapter on the validation rows: loaded from its files and scored as any run scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from core import models, tasks
from core.inference.loading import Loaded, ready
from core.inference.plan import Window
from core.schema import FinetuneSpec
from core.settings import Settings
from core.training.objectives import Objective


def measure(settings: Settings, spec: FinetuneSpec, files: models.ModelFiles, objective: Objective, places: np.ndarray) -> dict[str, Any]:
    """Figures of an adapter with their intervals, in the form of a run's ``metrics.json``.

    Args:
        files: of the adapter.
        places: of the validation rows.
    """
    task, truth = tasks.get(spec.task), objective.truth(places)
    loaded = load(settings, spec, files)
    parts = [part for part in loaded.scorer(settings).score(Window(np.arange(len(places)), objective.rows.some(places))) if len(part.keys)]
    if not parts:
        return {}
    results = pa.concat_tables(pa.table({"key": part.keys, **part.columns}) for part in parts).sort_by("key")
    kept = results["key"].to_pylist()
    said = {role: [cells[key] for key in kept] for role, cells in truth.items()}
    return task.measure(loaded.model, said, results, {}).metrics


def load(settings: Settings, spec: FinetuneSpec, files: models.ModelFiles) -> Loaded:
    """The adapter in fp32, as a run would load it."""
    task = tasks.get(spec.task)
    options = task.Options.model_validate(spec.options)
    network = models.load_model(files, task.auto_class_for(files.tasks))
    tokenizer = models.load_tokenizer(files)
    model = ready(task, options, files, tokenizer, network, settings.max_probability_columns, spec.seed, given=spec.roles)
    return Loaded(task, files, model, "fp32")

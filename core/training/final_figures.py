"""All figures of a finished adapter: those of its task, and those of what it learned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from core import models, tasks
from core.schema import FinetuneSpec
from core.settings import Settings
from core.training.measuring import load, measure
from core.training.objectives import Objective


def final_figures(
    settings: Settings, spec: FinetuneSpec, files: models.ModelFiles, objective: Objective, places: np.ndarray
) -> dict[str, Any]:
    """Figures with their intervals, in the form of a run's ``metrics.json``.

    Args:
        files: of the adapter.
        places: of the validation rows.
    """

    def base() -> Any:
        return models.load_model(replace(files, adapter=None), tasks.get(spec.task).auto_class_for(files.tasks))

    answered = objective.scored(settings, places)
    found = measure(settings, spec, files, objective, answered) if len(answered) else {}
    own = objective.figures(settings, lambda: load(settings, spec, files).model, base, places)
    notes = [*found.get("notes", []), *own.get("notes", [])]
    return {**found, **own, "metrics": {**found.get("metrics", {}), **own.get("metrics", {})}, "notes": notes} if own else found

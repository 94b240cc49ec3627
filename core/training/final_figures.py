"""All figures of a finished adapter: those of its task, and those of what it learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core import models, tasks
from core.schema import FinetuneSpec
from core.settings import Settings
from core.training.measuring import load, measure
from core.training.objectives import Objective


def final_figures(
    settings: Settings,
    spec: FinetuneSpec,
    base: models.ModelFiles,
    made: models.ModelFiles,
    objective: Objective,
    places: np.ndarray,
    *,
    keep: Path | None = None,
) -> dict[str, Any]:
    """Figures with their intervals, in the form of a run's ``metrics.json``.

    Args:
        base: files of the model that was tuned.
        made: files of what the fine-tune made of it.
        places: of the validation rows.
        keep: see :func:`measure`.
    """

    def load_base() -> Any:
        return models.load_model(base, tasks.get(spec.task).auto_class_for((spec.task,)))

    answered = objective.scored(settings, places)
    found = measure(settings, spec, made, objective, answered, keep=keep) if len(answered) else {}
    own = objective.figures(settings, lambda: load(settings, spec, made).model, load_base, places)
    notes = [*found.get("notes", []), *own.get("notes", [])]
    return {**found, **own, "metrics": {**found.get("metrics", {}), **own.get("metrics", {})}, "notes": notes} if own else found

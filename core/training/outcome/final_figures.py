"""All figures of a finished adapter: those of its task, and those of what it learned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core import models, tasks
from core.schema import FinetuneSpec
from core.settings import Settings
from core.training.objectives import Objective
from core.training.outcome.measuring import load, measure
from core.training.words import quoted, quoted_few

LONGER = "Take a more thorough preset, or more epochs."


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
    notes = [*found.get("notes", []), *own.get("notes", []), *one_for_all(found), *none_at_all(found)]
    metrics = {**found.get("metrics", {}), **own.get("metrics", {})}
    return {**found, **own, "metrics": metrics, "notes": notes} if found or own else {}


def one_for_all(found: Mapping[str, Any]) -> list[str]:
    """A sentence where every row was given the same label: an accuracy can look good and mean nothing.

    Where all rows have one label indeed, one answer is right, and nothing is to be said.
    """
    per_class = found.get("per_class", {})
    predicted, true = ([label for label, figures in per_class.items() if figures.get(side)] for side in ("predicted", "support"))
    if "confusion" not in found or len(predicted) != 1 or len(true) < 2:
        return []
    return [f"Every validation row was given the label {quoted(predicted[0])}: nothing was learned that tells labels apart. {LONGER}"]


def none_at_all(found: Mapping[str, Any]) -> list[str]:
    """A sentence where no row was given any of the labels, several of which a row may have, or no entity was found."""
    per_class = found.get("per_class", {})
    if "confusion" in found or not per_class or any(figures.get("predicted") for figures in per_class.values()):
        return []
    return [f"Not one of {quoted_few(per_class)} was found in any validation row: nothing was learned that finds them. {LONGER}"]

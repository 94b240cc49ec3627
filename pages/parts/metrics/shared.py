"""Numbers of the Metrics page as its charts take them; dashboards draw the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from core.charts.figure import MOST_LABELS
from core.evaluation.results import Bin, Calibration, Evaluation, Reliability, Slice
from pages.parts.results.head import FIRST

CLASS_FIGURES = MappingProxyType({"f1": "F1", "precision": "Precision", "recall": "Recall"})
"""What is told of each label, the first thing first."""


def ordered(names: Iterable[str]) -> list[str]:
    """Figures, the ones that people ask for first."""
    return sorted(names, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))


def first_figure(names: Iterable[str]) -> str:
    """The figure that is asked for first; empty where there is none."""
    return next(iter(ordered(names)), "")


def slices_drawn(slices: Sequence[Slice], name: str) -> list[dict[str, Any]]:
    """One figure of each slice."""
    figures = [(one, one.metrics.get(name)) for one in slices]
    return [{"value": one.value, "rows": one.rows, "figure": None if figure is None else figure.model_dump()} for one, figure in figures]


def worst_labels(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> list[str] | None:
    """Of more labels than a confusion table draws those with the most mistakes on either side; ``None`` where all are drawn.

    Args:
        counts: ``[labels, labels]``, the truth in rows.
    """
    if len(labels) <= MOST_LABELS:
        return None
    table = np.asarray(counts, np.int64)
    wrong = table.sum(0) + table.sum(1) - 2 * np.diag(table)
    return [labels[place] for place in np.sort(np.argsort(-wrong, kind="stable")[:MOST_LABELS])]


def entity_kinds(found: Evaluation) -> dict[str, dict[str, int]]:
    """Entities of each type by kind of error."""
    return {one.label: one.kinds for one in found.per_class if one.kinds}


def entity_schemes(found: Evaluation) -> dict[str, dict[str, int]]:
    """All entities by kind of error, under each way to compare them."""
    kinds = ("correct", "partial", "incorrect", "missed", "spurious")
    return {one.scheme.replace("_", " "): {kind: getattr(one, kind) for kind in kinds} for one in found.entity_errors}


def reliability_series(found: Calibration, kind: str) -> dict[str, dict[str, Any]]:
    """The reliability of all rows; where a temperature was fitted, that of the other half, without it and with it.

    Args:
        kind: ``width`` or ``mass``, see :class:`core.evaluation.results.Reliability`.
    """
    fitted = found.temperature
    if fitted is None:
        return {"as it is": _series(found.reliability, kind)} if found.reliability else {}
    return {"as it is": _series(fitted.before, kind), f"with temperature {fitted.value:.2f}": _series(fitted.after, kind)}


def _series(one: Reliability, kind: str) -> dict[str, Any]:
    bins: Sequence[Bin] = getattr(one, kind)
    ece = one.ece if kind == "width" else one.ece_mass
    return {"bins": [bin_.model_dump() for bin_ in bins], "ece": ece.model_dump(), "gap": one.gap}

"""Numbers of the Metrics page as its charts take them; dashboards draw the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from core.evaluation.results import Bin, Calibration, Reliability, Slice
from pages.parts.results.head import FIRST


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

"""The charts of the Metrics page that can be pinned, computed from a run's answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import plotly.graph_objects as go

from core import charts
from core.charts.figure import MOST_TRACES
from core.dashboards import Pin
from core.evaluation.kept import has_kept
from core.evaluation.results import Curve, Evaluation
from core.runs import RunFolder, has_current_result
from core.schema import FinetuneSpec
from pages.parts.metrics import computed
from pages.parts.metrics.look import defined
from pages.parts.metrics.shared import first_figure, reliability_series, slices_drawn
from pages.parts.visit import Visit


class Measured(NamedTuple):
    """A run's figures, and what the functions of :mod:`pages.parts.metrics.computed` are given first."""

    found: Evaluation
    asked: tuple[Any, computed.Version, str]


def measure(visit: Visit, run: RunFolder) -> Measured:
    """The figures of a run; computed once for each state of its result.

    Raises:
        SheetformerError: the run has no answers that can be measured.
    """
    path, spec = computed.table_of_run(visit, run)
    found = computed.evaluated(visit.settings, computed.version(path), spec.model_dump_json())
    return Measured(found, (visit.settings, computed.version(path), found.spec.model_dump_json()))


def offered(run: RunFolder) -> list[str]:
    """The names of the charts that a run has. Nothing is computed for it."""
    if not run.metrics().get("metrics"):
        return []
    if isinstance(run.spec(), FinetuneSpec):
        if not has_kept(run):
            return []
    elif not has_current_result(run):
        return []
    found = ["figure", "slices"]
    if not run.metrics().get("confusion"):
        return found
    return [*found, "labels", "roc", "precision_recall", "abstention", "reliability"]


def columns(visit: Visit, run: RunFolder) -> list[str]:
    """The user's columns that figures can be broken down by."""
    _, (settings, file, _) = measure(visit, run)
    rows = computed.table_rows(settings, file)
    made = set(rows.outputs.values())
    return [column.name for column in rows.columns if column.name not in made]


def chart(visit: Visit, run: RunFolder, pin: Pin) -> go.Figure | None:
    """A pin's chart, ``None`` where the run has nothing to draw.

    Raises:
        SheetformerError: the run has no answers that can be measured.
    """
    return DRAWN[pin.figure](measure(visit, run), pin)


def _slices(measured: Measured, pin: Pin) -> go.Figure | None:
    settings, file, _ = measured.asked
    spec = measured.found.spec.model_copy(update={"slices": (pin.column,)})
    slices = computed.sliced(settings, file, spec.model_dump_json()) if pin.column else ()
    known = [name for name in measured.found.metrics if any(name in one.metrics for one in slices)]
    name = pin.metric if pin.metric in known else first_figure(known) or first_figure(measured.found.metrics)
    if not slices or not name:
        return None
    overall = measured.found.metrics[name].value
    return charts.slice_intervals(slices_drawn(slices, name), title=defined(name)[0], overall=overall, column=pin.column)


def _labels(measured: Measured, pin: Pin) -> go.Figure | None:
    classes = [one.model_dump() for one in measured.found.per_class]
    return charts.class_intervals(classes, "f1", "F1") if classes else None


def _roc(measured: Measured, pin: Pin) -> go.Figure | None:
    found = computed.curves(*measured.asked).roc
    return charts.roc(_weakest(found)) if found else None


def _precision_recall(measured: Measured, pin: Pin) -> go.Figure | None:
    found = computed.curves(*measured.asked).precision_recall
    return charts.precision_recall(_weakest(found)) if found else None


def _abstention(measured: Measured, pin: Pin) -> go.Figure | None:
    found = computed.curves(*measured.asked).abstention
    return charts.abstention_curve([point.model_dump() for point in found.points], found.chosen) if found and found.points else None


def _reliability(measured: Measured, pin: Pin) -> go.Figure | None:
    found = computed.calibration(*measured.asked)
    return charts.reliability(reliability_series(found, "width")) if found.reliability is not None else None


def _weakest(curves: Sequence[Curve]) -> list[dict[str, Any]]:
    """Of more curves than can be told apart those with the smallest areas."""
    kept = sorted(curves, key=lambda curve: 2.0 if curve.area.value is None else curve.area.value)[:MOST_TRACES]
    return [curve.model_dump() for curve in curves if curve in kept]


DRAWN: MappingProxyType[str, Callable[[Measured, Pin], go.Figure | None]] = MappingProxyType(
    {
        "slices": _slices,
        "labels": _labels,
        "roc": _roc,
        "precision_recall": _precision_recall,
        "abstention": _abstention,
        "reliability": _reliability,
    }
)

"""The charts of the Metrics page that can be pinned, computed from a run's answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import plotly.graph_objects as go
import pyarrow.parquet as pq

from core import charts, tables
from core.charts.figure import MOST_TRACES
from core.dashboards import Pin
from core.evaluation.kept import has_kept
from core.evaluation.results import Curve, Evaluation
from core.runs import RunFolder, has_current_result
from core.runs.filters import ResultFilters
from core.schema import FinetuneSpec, PredictSpec, base_of
from pages.parts.metrics import computed
from pages.parts.metrics.beside import drift_chart, drifted
from pages.parts.metrics.look import defined
from pages.parts.metrics.shared import CLASS_FIGURES, entity_kinds, entity_schemes, first_figure, reliability_series, slices_drawn
from pages.parts.visit import Visit

EVERY = ResultFilters()


class Measured(NamedTuple):
    """A run's figures, and what the functions of :mod:`pages.parts.metrics.computed` are given first."""

    found: Evaluation
    asked: tuple[Any, computed.Version, str]


def measure(visit: Visit, run: RunFolder, filters: ResultFilters = EVERY) -> Measured:
    """The figures of a run, of the rows that filters keep; computed once for each state of its result.

    Raises:
        SheetformerError: the run has no answers that can be measured.
    """
    path, spec = computed.table_of_run(visit, run)
    if filters:
        spec = spec.model_copy(update={"only": {one.column: one.one_of for one in filters.columns}})
    found = computed.evaluated(visit.settings, computed.version(path), spec.model_dump_json())
    return Measured(found, (visit.settings, computed.version(path), found.spec.model_dump_json()))


def metrics(visit: Visit, run: RunFolder, filters: ResultFilters) -> dict[str, Any]:
    """The figures of some rows, as :meth:`core.runs.RunFolder.metrics` has those of all."""
    found = measure(visit, run, filters).found
    figures = {name: figure.model_dump() for name, figure in found.metrics.items()}
    return {"metrics": figures, "confusion": found.confusion.model_dump() if found.confusion else None}


def offered(visit: Visit, run: RunFolder) -> list[str]:
    """The names of the charts that a run has. No figure is computed for it."""
    metrics, spec = run.metrics(), base_of(run.spec())
    done = has_kept(run) if isinstance(spec, FinetuneSpec) else has_current_result(run)
    if not metrics.get("metrics") or not done or not isinstance(spec, PredictSpec | FinetuneSpec):
        return []
    found = ["figure", "slices"]
    if spec.task == "token-classification":
        found += ["labels", "errors", "schemes"]
    elif metrics.get("per_class"):
        found += ["labels", *(("roc", "precision_recall", "threshold", "abstention") if _has_probabilities(visit, run) else ())]
    found += ["abstention", "reliability"] if metrics.get("confusion") else []
    return [*dict.fromkeys(found), "drift"]


def _has_probabilities(visit: Visit, run: RunFolder) -> bool:
    """Whether every label has its column of them, as far as their names tell."""
    path, spec = computed.table_of_run(visit, run)
    return bool(spec.probabilities) or any(name.startswith("p_") for name in pq.read_schema(path).names)


def labels(visit: Visit, run: RunFolder) -> list[str]:
    """The labels that have a curve."""
    return [curve.label for curve in computed.curves(*measure(visit, run).asked).thresholds]


def columns(visit: Visit, run: RunFolder) -> list[str]:
    """The user's columns that figures can be broken down by."""
    _, (settings, file, _) = measure(visit, run)
    rows = computed.table_rows(settings, file)
    made = set(rows.outputs.values())
    return [column.name for column in rows.columns if column.name not in made]


def can_filter(visit: Visit, run: RunFolder, filters: ResultFilters) -> bool:
    """Whether the figures of a run can be narrowed to these rows: it has figures, and the columns."""
    if not offered(visit, run):
        return False
    path, _ = computed.table_of_run(visit, run)
    return {one.column for one in filters.columns} <= set(pq.read_schema(path).names)


def chart(visit: Visit, run: RunFolder, pin: Pin, filters: ResultFilters = EVERY) -> go.Figure | None:
    """A pin's chart, ``None`` where the run has nothing to draw.

    Raises:
        SheetformerError: the run has no answers that can be measured.
    """
    if pin.figure == "drift":
        return _drift(visit, run, pin)
    return DRAWN[pin.figure](measure(visit, run, filters), pin)


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
    name = pin.metric if pin.metric in CLASS_FIGURES else next(iter(CLASS_FIGURES))
    return charts.class_intervals(classes, name, CLASS_FIGURES[name]) if classes else None


def _errors(measured: Measured, pin: Pin) -> go.Figure | None:
    kinds = entity_kinds(measured.found)
    return charts.entity_errors(kinds, by="type") if kinds else None


def _schemes(measured: Measured, pin: Pin) -> go.Figure | None:
    schemes = entity_schemes(measured.found)
    return charts.entity_errors(schemes, by="comparison") if schemes else None


def _threshold(measured: Measured, pin: Pin) -> go.Figure | None:
    known = computed.curves(*measured.asked).thresholds
    label = pin.label or (known[0].label if known else "")
    if label not in measured.found.spec.labels or not known:
        return None
    found = computed.curves(*measured.asked, label=label, threshold=pin.point).thresholds
    return charts.threshold_curve(label, [point.model_dump() for point in found[0].points], found[0].chosen) if found else None


def _roc(measured: Measured, pin: Pin) -> go.Figure | None:
    found = computed.curves(*measured.asked).roc
    return charts.roc(_weakest(found)) if found else None


def _precision_recall(measured: Measured, pin: Pin) -> go.Figure | None:
    found = computed.curves(*measured.asked).precision_recall
    return charts.precision_recall(_weakest(found)) if found else None


def _abstention(measured: Measured, pin: Pin) -> go.Figure | None:
    found = computed.curves(*measured.asked, answered=pin.point).abstention
    return charts.abstention_curve([point.model_dump() for point in found.points], found.chosen) if found and found.points else None


def _reliability(measured: Measured, pin: Pin) -> go.Figure | None:
    found = computed.calibration(*measured.asked)
    return charts.reliability(reliability_series(found, "width")) if found.reliability is not None else None


def _drift(visit: Visit, run: RunFolder, pin: Pin) -> go.Figure | None:
    """How one property of the run's table differs from that of the table that the pin names."""
    train = tables.open_table(visit.settings, run.owner(), pin.against) if pin.against else None
    if train is None or pin.column not in train.columns:
        return None
    path, spec = computed.table_of_run(visit, run)
    found = drifted(visit.settings, train, pin.column, computed.version(path), spec)
    return next((drift_chart(one) for one in found.findings if one.what == pin.metric), None)


def _weakest(curves: Sequence[Curve]) -> list[dict[str, Any]]:
    """Of more curves than can be told apart those with the smallest areas."""
    kept = sorted(curves, key=lambda curve: 2.0 if curve.area.value is None else curve.area.value)[:MOST_TRACES]
    return [curve.model_dump() for curve in curves if curve in kept]


DRAWN: MappingProxyType[str, Callable[[Measured, Pin], go.Figure | None]] = MappingProxyType(
    {
        "slices": _slices,
        "labels": _labels,
        "errors": _errors,
        "schemes": _schemes,
        "threshold": _threshold,
        "roc": _roc,
        "precision_recall": _precision_recall,
        "abstention": _abstention,
        "reliability": _reliability,
    }
)
MEASURED = frozenset({*DRAWN, "drift"})

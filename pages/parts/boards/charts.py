"""Each chart that can be pinned, drawn from the folder of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core import charts
from core.dashboards import Pin
from core.metrics import DEFINITIONS
from core.runs import RunFolder
from core.runs.filters import ResultFilters
from core.runs.query import ResultQuery
from core.schema import SearchSpec, Spec
from core.training.loop.history import read_history
from pages.parts.boards import measured
from pages.parts.figures import draw
from pages.parts.metrics.look import defined, number
from pages.parts.metrics.shared import ordered, worst_labels
from pages.parts.results import charts as results_charts
from pages.parts.results import map as results_map
from pages.parts.results.head import MOST_TILES, TILE_PIXELS
from pages.parts.results.result import open_query
from pages.parts.tuning import search_charts
from pages.parts.visit import Visit


def offered(visit: Visit, run: RunFolder, spec: Spec) -> list[str]:
    """The names of the charts that a run has."""
    metrics = run.metrics()
    found = ["tiles", "intervals"] if metrics.get("metrics") else []
    found += ["confusion"] if metrics.get("confusion") else []
    found += measured.offered(visit, run)
    if isinstance(spec, SearchSpec):
        searched = search_charts.mattered(run, spec)
        mattered = [*(["importance"] if searched.shares else []), "dial"] if searched else []
        return [*mattered, "learning", *found]
    if spec.kind != "predict":
        return ["learning", *found]
    query = open_query(visit, str(run.path))
    found = ["answer", *found]
    found += ["confidence"] if query.output("confidence") else []
    found += ["map"] if query.output("map_x") else []
    return found + (["breakdown", "time"] if query.counted else [])


def pinned(visit: Visit, run: RunFolder, pin: Pin, filters: ResultFilters) -> None:
    """A pin's chart, or words where the run has no such chart."""
    if pin.figure in FROM_ROWS:
        query = open_query(visit, str(run.path))
        query.refresh()
        kept = _usable(query, filters)
        figure = FROM_ROWS[pin.figure](query, pin, kept)
        if filters and not kept:
            st.caption("Not filtered: this run has no such column.")
    else:
        kept = _narrowed(visit, run, pin, filters)
        metrics = measured.metrics(visit, run, kept) if kept else run.metrics()
        if pin.figure in ("tiles", "figure"):
            _tiles(metrics, pin.metric)
            return
        if pin.figure in measured.MEASURED:
            figure = measured.chart(visit, run, pin, kept)
        elif pin.figure in FROM_RUN:
            figure = FROM_RUN[pin.figure](run, pin)
        else:
            figure = FROM_METRICS.get(pin.figure, _nothing)(metrics)
    if figure is None:
        st.caption("This run has no such chart.")
    else:
        draw(figure, key=f"board-chart-{pin.id}")


def _narrowed(visit: Visit, run: RunFolder, pin: Pin, filters: ResultFilters) -> ResultFilters:
    """The filters where the pin's figures can be of some rows; says so where they cannot."""
    if not filters:
        return filters
    if pin.figure in OF_ALL_ROWS:
        st.caption("Over all rows: the filter does not count here.")
    elif not measured.can_filter(visit, run, filters):
        st.caption("Not filtered: this run has no such column.")
    else:
        return filters
    return ResultFilters()


def _usable(query: ResultQuery, filters: ResultFilters) -> ResultFilters:
    names = {column.name for column in query.columns}
    return filters if all(one.column in names for one in filters.columns) else ResultFilters()


def _answer(query: ResultQuery, pin: Pin, filters: ResultFilters) -> go.Figure | None:
    if query.counted:
        return charts.label_counts(query.label_counts(filters), query.labels)
    if query.output("entities"):
        counts = query.items("entities", ("label",), results_charts.MOST_TYPES, filters)[["label", "items"]].rename(
            columns={"items": "rows"}
        )
        return charts.label_counts(counts, sorted(counts["label"]), counted=("entity", "entities"))
    prediction = query.output("prediction")
    return charts.lengths(query.lengths(prediction.name, filters)) if prediction and prediction.kind == "text" else None


def _confidence(query: ResultQuery, pin: Pin, filters: ResultFilters) -> go.Figure | None:
    if not query.output("confidence"):
        return None
    return charts.confidence_histogram(query.confidence_histogram(filters), query.labels if query.counted else None)


def _breakdown(query: ResultQuery, pin: Pin, filters: ResultFilters) -> go.Figure | None:
    if not query.counted or not pin.column:
        return None
    found = query.breakdown(pin.column, filters)
    return charts.breakdown(found.counts, query.labels, column=pin.column, other=found.other, other_values=found.other_values)


def _time(query: ResultQuery, pin: Pin, filters: ResultFilters) -> go.Figure | None:
    if not query.counted or not pin.column:
        return None
    found = query.over_time(pin.column, filters)
    return None if found.counts.empty else charts.over_time(found.counts, query.labels, granularity=found.granularity, column=pin.column)


def _map(query: ResultQuery, pin: Pin, filters: ResultFilters) -> go.Figure | None:
    return results_map.chart(query, pin.column, filters) if pin.column and query.output("map_x") else None


def _confusion(metrics: Mapping[str, Any]) -> go.Figure | None:
    confusion = metrics.get("confusion")
    if not confusion:
        return None
    return charts.confusion(confusion["labels"], confusion["counts"], chosen=worst_labels(confusion["labels"], confusion["counts"]))


def _intervals(metrics: Mapping[str, Any]) -> go.Figure | None:
    """Figures from 0 to 1, the higher the better; others would need an axis of their own."""
    known = {name: one for name, one in metrics.get("metrics", {}).items() if name in DEFINITIONS and DEFINITIONS[name].better == "higher"}
    return charts.metric_intervals(known, {name: DEFINITIONS[name].title for name in known}) if known else None


def _learning(run: RunFolder, pin: Pin) -> go.Figure | None:
    history = read_history(run)
    return charts.learning_curve(history) if history else None


def _importance(run: RunFolder, pin: Pin) -> go.Figure | None:
    found = _searched(run)
    return search_charts.importance_chart(found) if found else None


def _dial(run: RunFolder, pin: Pin) -> go.Figure | None:
    found = _searched(run)
    return search_charts.dial_chart(found, pin.dial) if found and pin.dial in found.dials else None


def _searched(run: RunFolder) -> search_charts.Mattered | None:
    spec = run.spec()
    return search_charts.mattered(run, spec) if isinstance(spec, SearchSpec) else None


def _nothing(metrics: Mapping[str, Any]) -> None:
    """Of a chart that this version does not know."""


def _tiles(metrics: Mapping[str, Any], metric: str = "") -> None:
    """One figure of the run, or the first few, each with its range."""
    figures = metrics.get("metrics", {})
    if not figures:
        st.caption("This run has no figures: no column of your own answers was named.")
        return
    names = [name for name in (metric,) if name in figures] if metric else ordered(figures)[:MOST_TILES]
    if not names:
        st.caption("This run has no such figure.")
        return
    with st.grid(columns=len(names[:2]), min_column_width=TILE_PIXELS):
        for name in names:
            title, sentence = defined(name)
            one = figures[name]
            spread = None if one.get("low") is None else f"{number(one['low'])} to {number(one['high'])}"
            st.metric(title, number(one["value"]), spread, delta_color="off", delta_arrow="off", help=sentence, border=True)


FROM_ROWS: MappingProxyType[str, Callable[[ResultQuery, Pin, ResultFilters], go.Figure | None]] = MappingProxyType(
    {"answer": _answer, "confidence": _confidence, "breakdown": _breakdown, "time": _time, "map": _map}
)
FROM_METRICS: MappingProxyType[str, Callable[[Mapping[str, Any]], go.Figure | None]] = MappingProxyType(
    {"confusion": _confusion, "intervals": _intervals}
)
FROM_RUN: MappingProxyType[str, Callable[[RunFolder, Pin], go.Figure | None]] = MappingProxyType(
    {"learning": _learning, "importance": _importance, "dial": _dial}
)
OF_ALL_ROWS = frozenset({*FROM_RUN, "drift"})
"""Charts that no filter narrows."""

"""What a chart is to show before it is pinned: the column, figure, label, operating point or other table that it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import streamlit as st

from core import tables
from core.dashboards import FIGURES, Pin
from core.runs import RunFolder
from core.schema import FinetuneSpec, PredictSpec, Role, SearchSpec
from pages.parts.boards import measured
from pages.parts.metrics.look import defined
from pages.parts.metrics.shared import CLASS_FIGURES, ordered
from pages.parts.results.result import open_query
from pages.parts.text import column_options, option
from pages.parts.tuning.dials import title_of
from pages.parts.visit import Visit

Spec = PredictSpec | FinetuneSpec
PROPERTIES = MappingProxyType(
    {
        "length": "Length of the texts",
        "vocabulary": "Words",
        "unseen": "Words that the other table does not have",
        "prediction": "Predictions",
        "confidence": "Confidence",
        "label": "Your labels",
    }
)
"""What can drift, by its name in a pin."""


def details(visit: Visit, run: RunFolder, spec: Spec, figure: str) -> dict[str, Any]:
    """The facts of a pin that only some charts have, by their names in :class:`core.dashboards.Pin`."""
    return DETAILS[figure](visit, run, spec) if figure in DETAILS else {}


def named(pin: Pin) -> str:
    """What a pin shows, where its owner has not named it. Not safe in Markdown."""
    figure = defined(pin.metric)[0] if pin.metric else ""
    if pin.figure == "figure":
        return figure
    if pin.figure == "slices":
        return f"{figure or FIGURES['slices']} by {pin.column}" if pin.column else FIGURES["slices"]
    if pin.figure == "drift" and pin.metric in PROPERTIES:
        return f"Drift: {PROPERTIES[pin.metric].lower()}"
    if pin.figure == "labels":
        return f"{CLASS_FIGURES.get(pin.metric, 'F1')} of each label"
    if pin.figure == "threshold" and pin.label:
        return f"Threshold of {pin.label}"
    if pin.figure == "dial" and pin.dial:
        return f"{title_of(pin.dial)} in a search"
    return FIGURES.get(pin.figure, pin.figure)


def _breakdown(visit: Visit, run: RunFolder, spec: Spec) -> dict[str, Any]:
    names = [column.name for column in open_query(visit, str(run.path)).columns if column.output is None]
    return {"column": _column("By column", names, spec.roles.get(Role.GROUP), f"breakdown-{run.id}")}


def _time(visit: Visit, run: RunFolder, spec: Spec) -> dict[str, Any]:
    names = open_query(visit, str(run.path)).time_columns()
    return {"column": _column("Date column", names, spec.roles.get(Role.TIME), f"time-{run.id}")}


def _slices(visit: Visit, run: RunFolder, spec: Spec) -> dict[str, Any]:
    column = _column("By column", measured.columns(visit, run), spec.roles.get(Role.GROUP), f"slices-{run.id}")
    return {"column": column, "metric": _metric(run, "slices")}


def _figure(visit: Visit, run: RunFolder, spec: Spec) -> dict[str, Any]:
    return {"metric": _metric(run, "figure")}


def _labels(visit: Visit, run: RunFolder, spec: Spec) -> dict[str, Any]:
    return {"metric": st.selectbox("Figure", list(CLASS_FIGURES), format_func=CLASS_FIGURES.__getitem__, key=f"pin-metric-labels-{run.id}")}


def _threshold(visit: Visit, run: RunFolder, spec: Spec) -> dict[str, Any]:
    label = st.selectbox("Label", measured.labels(visit, run), format_func=option, key=f"pin-label-{run.id}")
    return {"label": label or "", "point": _point("Probability from which on", "where F1 is best", f"threshold-{run.id}")}


def _abstention(visit: Visit, run: RunFolder, spec: Spec) -> dict[str, Any]:
    return {"point": _point("Confidence from which on", "where the errors are half", f"abstention-{run.id}")}


def _map(visit: Visit, run: RunFolder, spec: Spec) -> dict[str, Any]:
    return {"column": spec.roles.get(Role.TEXT, "")}


def _drift(visit: Visit, run: RunFolder, spec: Spec) -> dict[str, Any]:
    known = {table.id: table for table in tables.list_tables(visit.settings, visit.workspace) if table.id != spec.table.id}
    if not known:
        st.caption("There is no other table to compare with.")
        return {}
    against = st.selectbox("From the table", list(known), format_func=lambda each: option(known[each].name), key=f"pin-against-{run.id}")
    column = _column("Its texts", known[against].columns, spec.roles.get(Role.TEXT), f"drift-{run.id}-{against[:8]}")
    what = st.selectbox("Of what", list(PROPERTIES), format_func=PROPERTIES.__getitem__, key=f"pin-metric-drift-{run.id}")
    return {"against": against, "column": column, "metric": what}


def _dial(visit: Visit, run: RunFolder, spec: Spec) -> dict[str, Any]:
    searched = run.spec()
    assert isinstance(searched, SearchSpec)
    return {"dial": st.selectbox("Dial", list(searched.search.space), format_func=title_of, key=f"pin-dial-{run.id}")}


def _column(title: str, names: list[str], first: str | None, key: str) -> str:
    """A column of the user's: at first that of the run's role."""
    if not names:
        st.caption("The table has no such column.")
        return ""
    words = column_options(names)
    start = names.index(first) if first in names else 0
    return names[st.selectbox(title, range(len(names)), index=start, format_func=words.__getitem__, key=f"pin-column-{key}")]


def _metric(run: RunFolder, figure: str) -> str:
    names = ordered(run.metrics().get("metrics", {}))
    return st.selectbox("Figure", names, format_func=lambda name: defined(name)[0], key=f"pin-metric-{figure}-{run.id}")


def _point(title: str, nothing: str, key: str) -> float | None:
    """An operating point; ``None`` for the one that the chart proposes."""
    return st.number_input(title, 0.0, 1.0, value=None, step=0.01, placeholder=f"Empty: {nothing}", key=f"pin-point-{key}")


DETAILS: Mapping[str, Callable[[Visit, RunFolder, Spec], dict[str, Any]]] = MappingProxyType(
    {
        "breakdown": _breakdown,
        "time": _time,
        "slices": _slices,
        "figure": _figure,
        "labels": _labels,
        "threshold": _threshold,
        "abstention": _abstention,
        "map": _map,
        "drift": _drift,
        "dial": _dial,
    }
)

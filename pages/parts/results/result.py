"""The results of a run: the answer first (numbers and the label chart), the detail in tabs under it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.runs import RunFolder
from core.runs.query import ResultQuery
from core.schema import Job, PredictSpec
from pages.parts import address
from pages.parts.results import agreement, charts, entities, failures, head, map, rows
from pages.parts.tabs import tabs
from pages.parts.visit import Visit, errors_shown


@st.cache_resource(show_spinner=False, scope="session", max_entries=4, on_release=ResultQuery.close)
def open_query(_visit: Visit, path: str) -> ResultQuery:
    """The rows of the run in the folder ``path``, kept while this browser looks at them."""
    return ResultQuery(_visit.settings, RunFolder(Path(path)))


def show(visit: Visit, run: RunFolder, job: Job, *, partial: bool = False) -> rows.Shown | None:
    """Everything about a run's rows. Returns which of them are shown where filters hide some.

    Args:
        partial: the run has not finished; what is shown says so.
    """
    shown = None
    with errors_shown():
        query = open_query(visit, str(run.path))
        query.refresh()
        spec = run.spec()
        address.begin(run.id)
        if partial:
            charts.answer(query)
        else:
            head.show(visit, run, query, mine=job.owner == visit.workspace)
        left_out = st.container()
        shown = _tabs(visit, run, query, spec if isinstance(spec, PredictSpec) else None)
        with left_out:
            address.say_what_was_left_out()
        address.end(run.id)
    return shown


def _tabs(visit: Visit, run: RunFolder, query: ResultQuery, spec: PredictSpec | None) -> rows.Shown | None:
    """What the outputs of the run give reason for. Only the open tab asks anything of the rows."""
    bodies: dict[str, Callable[[], rows.Shown | None]] = {}
    if query.output("map_x"):
        bodies["Map"] = lambda: map.show(query, spec)
    bodies["Rows"] = lambda: rows.show(visit, query, spec)
    if query.output("entities"):
        bodies["Entities"] = lambda: entities.show(visit, query)
    bodies |= _charts(query, spec)
    metrics = run.metrics()
    if metrics.get("per_class") and head.compared(metrics):
        bodies["Agreement"] = lambda: agreement.show(run)
    if not query.failures().empty:
        bodies["Not scored"] = lambda: failures.show(visit, query)
    shown = None
    for name, tab in tabs(list(bodies), key="view", parameter="tab").items():
        if tab.open:
            with tab, errors_shown():
                shown = bodies[name]()
    return shown


def _charts(query: ResultQuery, spec: PredictSpec | None) -> dict[str, Callable[[], None]]:
    """The charts under the answer; where answers are free, there is nothing to count by value or by date."""
    found: dict[str, Callable[[], None]] = {}
    if query.counted:
        found["Breakdown"] = lambda: charts.breakdown(query, spec)
    if query.output("confidence"):
        found["Confidence"] = lambda: charts.confidence(query)
    dates = charts.date_columns(query, spec) if query.counted else []
    if dates:
        found["Over time"] = lambda: charts.over_time(query, dates)
    return found

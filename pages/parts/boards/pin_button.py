"""Pins a chart of a run to a dashboard."""

from __future__ import annotations

import streamlit as st

from core import dashboards
from core.dashboards import FIGURES, new_pin
from core.runs import RunFolder
from core.schema import FinetuneSpec, Job, PredictSpec, Role
from pages.parts import links
from pages.parts.boards import charts, measured
from pages.parts.metrics.look import defined
from pages.parts.metrics.shared import ordered
from pages.parts.results.result import open_query
from pages.parts.text import column_options, option
from pages.parts.visit import Visit, errors_shown

NEW = "A new one"
BY_COLUMN = {"breakdown": (Role.GROUP, "By column"), "time": (Role.TIME, "Date column"), "slices": (Role.GROUP, "By column")}
OF_METRIC = ("figure", "slices")


def show(visit: Visit, run: RunFolder, job: Job) -> None:
    """A popover with what can be pinned, where to, and whether the pin follows the newest run."""
    spec = run.spec()
    if not isinstance(spec, PredictSpec | FinetuneSpec) or job.owner != visit.workspace:
        return
    with st.popover("Pin", icon=":material/push_pin:", help="Put a chart of this run on a dashboard."), errors_shown():
        names = charts.offered(visit, run, spec.kind)
        figure = st.selectbox("Chart", names, format_func=FIGURES.__getitem__, key=f"pin-figure-{run.id}")
        column = _column(visit, run, spec, figure) if figure in BY_COLUMN else ""
        metric = _metric(run, figure) if figure in OF_METRIC else ""
        own = dashboards.list_dashboards(visit.settings, visit.workspace)
        known = {board.id: board for board in own}
        target = st.selectbox(
            "Dashboard", [*known, ""], format_func=lambda each: option(known[each].title) if each else NEW, key=f"pin-board-{run.id}"
        )
        title = "" if target else st.text_input("Title of the dashboard", "Dashboard", max_chars=200, key=f"pin-title-{run.id}")
        follow = st.checkbox("Follow the newest run of this table", key=f"pin-follow-{run.id}")
        if st.button("Pin it", type="primary", key=f"pin-{run.id}"):
            board = known[target] if target else dashboards.create(visit.settings, visit.workspace, title)
            which = {"run": "" if follow else run.id, "kind": spec.kind, "task": spec.task, "table": spec.table.name if follow else ""}
            pin = new_pin(figure, **which, column=column, metric=metric)
            dashboards.save(visit.settings, visit.workspace, board.with_pin(pin))
            st.success("Pinned.", icon=":material/push_pin:")
            st.page_link(links.DASHBOARDS, label="Open the dashboard", icon=":material/dashboard:", query_params={"board": board.id})


def _column(visit: Visit, run: RunFolder, spec: PredictSpec | FinetuneSpec, figure: str) -> str:
    """The column of a chart that is by one: at first that of the run's role."""
    if figure == "slices":
        names = measured.columns(visit, run)
    else:
        query = open_query(visit, str(run.path))
        names = query.time_columns() if figure == "time" else [column.name for column in query.columns if column.output is None]
    role, title = BY_COLUMN[figure]
    first = spec.roles.get(role)
    if not names:
        st.caption("The table has no such column.")
        return ""
    words = column_options(names)
    start = names.index(first) if first in names else 0
    return names[st.selectbox(title, range(len(names)), index=start, format_func=words.__getitem__, key=f"pin-column-{figure}-{run.id}")]


def _metric(run: RunFolder, figure: str) -> str:
    """The figure to pin."""
    names = ordered(run.metrics().get("metrics", {}))
    return st.selectbox("Figure", names, format_func=lambda name: defined(name)[0], key=f"pin-metric-{figure}-{run.id}")

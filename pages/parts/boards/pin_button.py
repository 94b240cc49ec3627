"""Pins a chart of a run to a dashboard."""

from __future__ import annotations

import streamlit as st

from core import dashboards
from core.dashboards import FIGURES, new_pin
from core.runs import RunFolder
from core.schema import Job
from pages.parts import links
from pages.parts.boards import charts, pin_details
from pages.parts.text import option
from pages.parts.visit import Visit, errors_shown

NEW = "A new one"
LAST = "pin-last-board"


def show(visit: Visit, run: RunFolder, job: Job) -> None:
    """A popover with what can be pinned, where to, and whether the pin follows the newest run."""
    spec = run.spec()
    shown = dashboards.shown_spec(spec)
    if shown is None or job.owner != visit.workspace:
        return
    with st.popover("Pin", icon=":material/push_pin:", help="Put a chart of this run on a dashboard."), errors_shown():
        names = charts.offered(visit, run, spec)
        figure = st.selectbox("Chart", names, format_func=FIGURES.__getitem__, key=f"pin-figure-{run.id}")
        facts = pin_details.details(visit, run, shown, figure)
        own = dashboards.list_dashboards(visit.settings, visit.workspace)
        known = {board.id: board for board in own}
        options = [*known, ""]
        last = st.session_state.get(LAST)  # whoever has just made a dashboard pins the next chart to it
        target = st.selectbox(
            "Dashboard",
            options,
            options.index(last) if last in known else 0,
            format_func=lambda each: option(known[each].title) if each else NEW,
            key=f"pin-board-{run.id}-{last}",
        )
        title = "" if target else st.text_input("Title of the dashboard", "Dashboard", max_chars=200, key=f"pin-title-{run.id}")
        follow = st.checkbox("Follow the newest run of this table", key=f"pin-follow-{run.id}")
        if st.button("Pin it", type="primary", key=f"pin-{run.id}"):
            board = known[target] if target else dashboards.create(visit.settings, visit.workspace, title)
            which = {"run": "" if follow else run.id, "kind": spec.kind, "task": shown.task, "table": shown.table.name if follow else ""}
            dashboards.save(visit.settings, visit.workspace, board.with_pin(new_pin(figure, **which, **facts)))
            st.session_state[LAST] = board.id
            st.success("Pinned.", icon=":material/push_pin:")
            st.page_link(links.DASHBOARDS, label="Open the dashboard", icon=":material/dashboard:", query_params={"board": board.id})

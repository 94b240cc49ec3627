"""The dashboards of a workspace: choose one, make one, or start with that of the sample."""

from __future__ import annotations

import streamlit as st

from core import dashboards, jobs, tables
from core.dashboards import Dashboard, Pin, new_pin
from core.errors import NotFound
from core.settings import Settings
from pages.parts.tables import sample
from pages.parts.text import option
from pages.parts.visit import Visit, errors_shown, in_another_page, show_error

CHOSEN, TITLE = "board-choice", "board-new-title"
SAMPLE_TITLE = "Product reviews"
SAMPLE_NOTES = "Made from the sample. Every chart follows the newest run of it: score the table with another model and look again."
SAMPLE_PINS = (
    ("tiles", "", ""),
    ("answer", "", ""),
    ("breakdown", "product", ""),
    ("time", "date", ""),
    ("confusion", "", ""),
    ("slices", "product", "accuracy"),
    ("confidence", "", ""),
    ("reliability", "", ""),
)
"""Figure, column and metric of each."""


def choose(visit: Visit) -> Dashboard | None:
    """The dashboard of the address, or the one changed last; ``None`` with an offer where there is none."""
    own = dashboards.list_dashboards(visit.settings, visit.workspace)
    wanted = st.query_params.get("board")
    if wanted and wanted not in {board.id for board in own}:
        show_error(NotFound("a dashboard of this workspace", repr(wanted[:40]), "Choose one of the list; it may have been deleted."))
    if not own:
        _none_yet(visit)
        return None
    known = {board.id: board for board in own}
    if in_another_page() and wanted in known:
        return known[wanted]
    if CHOSEN not in st.session_state or st.session_state[CHOSEN] not in known:
        st.session_state[CHOSEN] = wanted if wanted in known else own[0].id
    with st.container(horizontal=True, vertical_alignment="bottom"):
        board_id = st.selectbox("Dashboard", list(known), format_func=lambda each: option(known[each].title), key=CHOSEN, width=360)
        with st.popover("New dashboard", icon=":material/add:"):
            _new(visit)
    st.query_params["board"] = board_id
    return known[board_id]


def _new(visit: Visit) -> None:
    with st.form("new-board", border=False):
        title = st.text_input("Title", key=TITLE, max_chars=200, placeholder="Weekly look")
        if st.form_submit_button("Make it", type="primary"):
            with errors_shown():
                _go(dashboards.create(visit.settings, visit.workspace, title))


def _none_yet(visit: Visit) -> None:
    with st.container(border=True):
        st.write("There is no dashboard yet. Make an empty one and pin charts from your runs, or start with the one of the sample.")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Use the sample", type="primary", icon=":material/dashboard:"):
                with errors_shown(), st.spinner("Making the sample's dashboard"):
                    _go(make_sample(visit))
            with st.popover("New dashboard", icon=":material/add:"):
                _new(visit)


def _go(board: Dashboard) -> None:
    st.session_state.pop(CHOSEN, None)
    st.query_params["board"] = board.id
    st.rerun()


def make_sample(visit: Visit) -> Dashboard:
    """A dashboard over the sample's reviews; scores them first where no run has."""
    board = dashboards.create(visit.settings, visit.workspace, SAMPLE_TITLE, SAMPLE_NOTES)
    name = tables.sample_path().name
    for figure, column, metric in SAMPLE_PINS:
        board = board.with_pin(new_pin(figure, task=sample.TASK, table=name, column=column, metric=metric))
    board = dashboards.save(visit.settings, visit.workspace, board)
    if not _is_scored(visit.settings, visit.workspace, board.pins[0]):
        sample.start_on_sample(visit)
    return board


def _is_scored(settings: Settings, workspace: str, pin: Pin) -> bool:
    """Whether a run is there or on its way."""
    return any(job.title == pin.table for job in jobs.list_jobs(settings, owner=workspace))

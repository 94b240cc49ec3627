"""One dashboard: its notes, filters over all of its charts, and the charts in a grid; its owner can arrange and share it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from core import dashboards
from core.dashboards import Dashboard, Pin
from core.errors import SheetformerError
from core.runs import open_run
from core.runs.filters import ResultFilters
from core.schema import FinetuneSpec, Job, Spec
from pages.parts import address, links
from pages.parts.boards import arranging, board_filters, charts, pin_details
from pages.parts.text import plain
from pages.parts.visit import Visit, errors_shown, show_error

ARRANGE = "board-arrange"


def show_own(visit: Visit, board: Dashboard) -> None:
    """The dashboard with the controls of its owner; none of them where it is embedded in another page."""
    with errors_shown():
        arrange = False
        if not st.context.is_embedded:
            arrange = st.toggle("Arrange and share", key=ARRANGE)
            if arrange:
                arranging.edit(visit, board)
        _show(visit, visit.workspace, board, arrange=arrange, mine=True)


def show_shared(visit: Visit, token: str) -> None:
    """The dashboard behind a link: to read, without a way into its workspace."""
    with errors_shown():
        workspace, board = dashboards.shared(visit.settings, token)
        if not st.context.is_embedded:
            st.caption("Shared with you by its link: you can read it, and nothing else of its workspace.")
        _show(visit, workspace, board, arrange=False, mine=False)


def _show(visit: Visit, workspace: str, board: Dashboard, *, arrange: bool, mine: bool) -> None:
    st.subheader(plain(board.title, 200), anchor=False)
    if board.notes:
        st.text(board.notes)
    if not board.pins:
        st.info("Nothing is pinned yet. Open a run and press Pin.", icon=":material/push_pin:")
        st.page_link(links.JOBS, label="Your jobs", icon=":material/list_alt:")
        return
    runs = {pin.id: _run(visit, workspace, pin) for pin in board.pins}
    shown = None if mine else {pin.column for pin in board.pins}  # the values of another column are cells that nobody has shared
    filters = board_filters.pick(visit, [job for job in runs.values() if isinstance(job, Job) and job.kind == "predict"], shown)
    address.say_what_was_left_out()
    for group in _lines(board.pins):
        for place, pin in zip(
            st.columns(2, gap="medium") if len(group) > 1 or not group[0].wide else [st.container()], group, strict=False
        ):
            with place, st.container(border=True):
                if arrange:
                    arranging.pin_controls(visit, board, pin)
                _draw(visit, pin, runs[pin.id], filters, mine=mine)


def _lines(pins: Sequence[Pin]) -> list[list[Pin]]:
    """Wide pins alone, the others two to a line, in order."""
    lines: list[list[Pin]] = []
    for wide, group in groupby(pins, key=lambda pin: pin.wide):
        members = list(group)
        lines += [[pin] for pin in members] if wide else [members[at : at + 2] for at in range(0, len(members), 2)]
    return lines


def _run(visit: Visit, workspace: str, pin: Pin) -> Job | SheetformerError:
    try:
        return dashboards.run_of(visit.settings, workspace, pin)
    except SheetformerError as error:
        return error


def _draw(visit: Visit, pin: Pin, job: Job | SheetformerError, filters: ResultFilters, *, mine: bool) -> None:
    """One pin: its title, its chart, and which run it shows."""
    st.caption(f"**{plain(pin.title or pin_details.named(pin))}**")
    if isinstance(job, SheetformerError):
        show_error(job)
        return
    with errors_shown():
        run = open_run(visit.settings, job.id)
        charts.pinned(visit, run, pin, filters)
        spec = run.spec()
        st.caption(f"{links.job_title(job)}{_of_what(spec)}{'' if pin.run else ' · newest run'}")
        if mine and not st.context.is_embedded:
            links.run_link(job, label="Open the run", icon=":material/open_in_new:")


def _of_what(spec: Spec) -> str:
    """The model, and which rows its figures are of where that is not the whole table."""
    shown = dashboards.shown_spec(spec)
    if shown is None:
        return ""
    rows = " · validation rows" if isinstance(shown, FinetuneSpec) else ""
    split = f" · split {plain(shown.table.hub.split or 'train')}" if shown.table.hub else ""
    return f" · {plain(shown.model)}{rows}{split}"

"""One dashboard: its notes, filters over all of its charts, and the charts in a grid; its owner can arrange and share it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import pandas as pd
import streamlit as st

from core import dashboards
from core.dashboards import Dashboard, Pin
from core.errors import SheetformerError
from core.runs import open_run
from core.runs.filters import ColumnFilter, ResultFilters
from core.schema import FinetuneSpec, Job, Spec
from pages.parts import address, links
from pages.parts.boards import charts, pin_details
from pages.parts.results.result import open_query
from pages.parts.results.row_filters import BLANK
from pages.parts.text import column_options, option, plain
from pages.parts.visit import Visit, errors_shown, show_error

ARRANGE, COLUMN, VALUES = "board-arrange", "board-column", "board-values-"
EVERY = ResultFilters()
OFFERED = 200


def show_own(visit: Visit, board: Dashboard) -> None:
    """The dashboard with the controls of its owner; none of them where it is embedded in another page."""
    with errors_shown():
        arrange = False
        if not st.context.is_embedded:
            arrange = st.toggle("Arrange and share", key=ARRANGE)
            if arrange:
                _edit(visit, board)
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
    filters = _filters(visit, [job for job in runs.values() if isinstance(job, Job) and job.kind == "predict"], shown)
    address.say_what_was_left_out()
    for group in _lines(board.pins):
        for place, pin in zip(
            st.columns(2, gap="medium") if len(group) > 1 or not group[0].wide else [st.container()], group, strict=False
        ):
            with place, st.container(border=True):
                if arrange:
                    _pin_controls(visit, board, pin)
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


def _filters(visit: Visit, runs: Sequence[Job], offered: set[str] | None) -> ResultFilters:
    """One column and its values, over every chart that has rows with this column.

    Args:
        offered: columns that may be chosen; any of the user's where ``None``.
    """
    if not runs:
        return EVERY
    first = open_query(visit, str(open_run(visit.settings, runs[0].id).path))
    names = [column.name for column in first.columns if column.output is None and (offered is None or column.name in offered)]
    if not names:
        return EVERY
    words = column_options(names)
    with st.container(horizontal=True):
        address.take(COLUMN, "column", names.index)
        if st.session_state.get(COLUMN) is not None and st.session_state[COLUMN] >= len(names):
            st.session_state[COLUMN] = None
        at = st.selectbox(
            "Only rows whose",
            [None, *range(len(names))],
            format_func=lambda n: "Any column" if n is None else words[n],
            key=COLUMN,
            width=260,
        )
        address.put("column", *([] if at is None else [names[at]]))
        if at is None:
            address.put("value")
            return EVERY
        found = [None if pd.isna(value) else value for value in first.values(names[at], limit=OFFERED)["value"]]
        key = f"{VALUES}{at}"
        address.take_many(key, "value", lambda text: found.index(text or None))
        picked = st.multiselect(
            "is", range(len(found)), format_func=lambda n: BLANK if found[n] is None else option(found[n]), key=key, width=420
        )
        address.put("value", *(found[n] or "" for n in picked))
    if not picked:
        return EVERY
    return ResultFilters(columns=(ColumnFilter(column=names[at], one_of=tuple(found[n] for n in picked)),))


def _edit(visit: Visit, board: Dashboard) -> None:
    """Title, notes, the link, and the end of the dashboard."""
    with st.container(border=True):
        title = st.text_input("Title", board.title, max_chars=200, key=f"board-title-{board.id}")
        notes = st.text_area("Notes", board.notes, key=f"board-notes-{board.id}", help="Shown as plain text.")
        if (title.strip() or board.title, notes) != (board.title, board.notes):
            dashboards.save(
                visit.settings, visit.workspace, board.model_copy(update={"title": title.strip() or board.title, "notes": notes})
            )
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center"):
            if board.token:
                if st.button("Take the link away", icon=":material/link_off:"):
                    dashboards.stop_sharing(visit.settings, visit.workspace, board.id)
                    st.rerun()
            elif st.button("Make a read-only link", icon=":material/link:"):
                dashboards.share(visit.settings, visit.workspace, board.id)
                st.rerun()
            with st.popover("Delete", icon=":material/delete:"):
                st.write("The dashboard goes; its runs stay.")
                if st.button("Delete the dashboard", type="primary"):
                    dashboards.delete(visit.settings, visit.workspace, board.id)
                    del st.query_params["board"]
                    st.rerun()
        page = (st.context.url or "").split("?")[0]
        if board.token:
            link = f"{page}?shared={board.token}"
            st.caption("Whoever has this link sees the dashboard and nothing else of yours. With &embed=true it fits into another page.")
            st.code(link, language=None, wrap_lines=True)
        alone = f"{page}?board={board.id}&embed=true"
        st.link_button(
            "Open it alone, to print", alone, icon=":material/print:", help="Without the menu: then print the page as any other."
        )


def _pin_controls(visit: Visit, board: Dashboard, pin: Pin) -> None:
    """Up, down, width, and away."""

    def keep(changed: Dashboard) -> None:
        dashboards.save(visit.settings, visit.workspace, changed)

    with st.container(horizontal=True):
        st.button("Up", icon=":material/arrow_upward:", key=f"board-up-{pin.id}", on_click=lambda: keep(board.moved(pin.id, -1)))
        st.button("Down", icon=":material/arrow_downward:", key=f"board-down-{pin.id}", on_click=lambda: keep(board.moved(pin.id, 1)))
        other = pin.model_copy(update={"wide": not pin.wide})
        st.button(
            "Half width" if pin.wide else "Full width",
            icon=":material/width:",
            key=f"board-width-{pin.id}",
            on_click=lambda: keep(board.with_pin(other)),
        )
        st.button("Take away", icon=":material/close:", key=f"board-away-{pin.id}", on_click=lambda: keep(board.without(pin.id)))

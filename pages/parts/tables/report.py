"""One table: what was found while reading it, what may surprise, its columns and first rows."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit import column_config

from core import tables
from core.errors import SheetformerError
from pages.parts import links
from pages.parts.frames import grid
from pages.parts.tables import importing, uploads
from pages.parts.tables.import_choices import DELIMITERS, choice_form
from pages.parts.tabs import tabs
from pages.parts.text import count, message, middle, option, plain
from pages.parts.visit import Visit, errors_shown

PREVIEW_ROWS = 50
NAME_CHARACTERS, NAME_PIXELS = 40, 300
PROBLEMS_WHOLE, PROBLEMS_PIXELS = 12, 420


def show(visit: Visit, own: list[tables.Table]) -> None:
    """The chosen table, newest first, with its report."""
    table = _pick(own)
    report = table.report
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Score this table", type="primary", icon=":material/label:", disabled=not table.rows):
            st.switch_page(links.BATCH, query_params={"table": table.id})
        if st.button("Delete", icon=":material/delete:", key="delete-table"):
            _confirm_delete(visit, table)
    if not table.rows:
        st.warning("This table has no rows: only a header was found. Check on which line it is.", icon=":material/info:")
    _facts(table)
    _problems(table)
    _read_again(visit, table)
    shelves = tabs(["Rows", "Columns"], key="table-tabs")
    if shelves["Rows"].open:
        with shelves["Rows"]:
            grid(
                table.head(PREVIEW_ROWS),
                alt=f"The first {min(PREVIEW_ROWS, table.rows)} of {count(table.rows, 'row')}.",
                limit=visit.settings.max_shown_characters,
                key=f"rows-{table.id[:16]}",
            )
            if table.rows > PREVIEW_ROWS:
                st.caption(f"The first {PREVIEW_ROWS} of {count(table.rows, 'row')}.")
    if shelves["Columns"].open:
        with shelves["Columns"]:
            grid(
                _columns(table),
                alt=f"{count(len(report.columns), 'column')}: name, kind, cells without text, name in the file.",
                limit=visit.settings.max_shown_characters,
                key="columns",
                config={"Column": column_config.TextColumn(width=NAME_PIXELS), "In the file": column_config.TextColumn(width="medium")},
            )


def _pick(own: list[tables.Table]) -> tables.Table:
    ids = [table.id for table in own]
    named = {table.id: table for table in own}
    wanted = st.query_params.get("table")
    if wanted in named and st.session_state.get("shown_table") != wanted:
        st.session_state["table_shown"] = wanted
    st.session_state["shown_table"] = chosen = st.selectbox(
        "Table",
        ids,
        format_func=lambda table_id: f"{option(named[table_id].name)} · {count(named[table_id].rows, 'row')}",
        key="table_shown",
    )
    st.query_params["table"] = chosen
    return named[chosen]


def _facts(table: tables.Table) -> None:
    report = table.report
    guessed = set(report.guessed)

    def fact(label: str, name: str, value: object) -> str:
        return f"{label} {plain(value)}{' (guessed)' if name in guessed else ''}"

    facts = [f"{report.format.upper()}: {count(report.rows, 'row')}, {count(len(report.columns), 'column')}"]
    if report.encoding:
        facts.append(fact("encoding", "encoding", report.encoding))
    if report.delimiter:
        facts.append(fact("delimiter", "delimiter", DELIMITERS.get(report.delimiter, report.delimiter)))
    if report.header is not None:
        facts.append(fact("header on line", "header", report.header) if report.header else "no header")
    if report.sheet:
        facts.append(fact("sheet", "sheet", report.sheet))
    if report.member:
        facts.append(fact("file", "member", report.member))
    if report.hub:
        facts.append(f"{plain(report.hub.dataset)} of the Hub, split {plain(report.hub.split)}, commit {(report.hub.revision or '')[:12]}")
        facts.append(f"licence {plain(report.licence)}" if report.licence else "no licence named")
    st.caption(" · ".join(facts))


def _problems(table: tables.Table) -> None:
    """Everything that may surprise, with its row in the file. Nothing was changed in silence."""
    report = table.report
    if not report.problems:
        st.caption("Nothing surprising was found.")
        return
    total = max(report.problems_total, len(report.problems))
    with st.expander(
        f"{count(total, 'thing')} to know about this {'table' if report.hub else 'file'}", icon=":material/info:", expanded=total <= 10
    ):
        frame = pd.DataFrame(
            {
                "Row in the file": [f"{problem.row:,}" if problem.row else "" for problem in report.problems],
                "Column": [plain(problem.column or "", NAME_CHARACTERS) for problem in report.problems],
                "What": [message(problem.what) for problem in report.problems],
            }
        )
        st.table(  # not a grid, whose cells do not wrap: a sentence that is cut says nothing. This one reads Markdown, hence plain().
            frame,
            hide_index=True,
            border="horizontal",
            height="content" if len(frame) <= PROBLEMS_WHOLE else PROBLEMS_PIXELS,
            alt=f"{count(total, 'thing')} to know, with row and column of the file.",
        )
        if total > len(report.problems):
            st.caption(f"{total - len(report.problems):,} more are counted and not listed.")


def _read_again(visit: Visit, table: tables.Table) -> None:
    if table.report.hub:
        return  # its format is no guess
    with st.expander("Change how the file is read", icon=":material/tune:"):
        source = uploads.source_of(visit, table.id)
        if source is None:
            st.caption("The uploaded file is not here any more. Upload it again to read it in another way.")
            return
        choices = choice_form(table.report.choices, table.report, key=table.id[:16])
        if choices is not None:
            with errors_shown():
                importing.read_again(visit, table, source, choices)
                st.rerun()


def _columns(table: tables.Table) -> pd.DataFrame:
    columns = table.report.columns
    return pd.DataFrame(
        {
            "Column": [middle(column.name, NAME_CHARACTERS) for column in columns],
            "Kind": [column.kind for column in columns],
            "Suggested role": [column.role or "" for column in columns],
            "Empty": [column.empty for column in columns],
            "Missing": [column.missing for column in columns],
            "Distinct": pd.array([column.distinct for column in columns], dtype="Int64"),
            "In the file": [column.original for column in columns],
        }
    )


@st.dialog("Delete this table?", icon=":material/delete:")
def _confirm_delete(visit: Visit, table: tables.Table) -> None:
    st.write(f"{plain(table.name)} will be gone from this workspace. Results of runs on it stay.")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", key="confirm-delete-table"):
            try:
                tables.delete_table(visit.settings, visit.workspace, table.id)
                uploads.forget(visit, table.id)
            except SheetformerError as error:
                st.error(plain(error.one_line(), 1_000))
            else:
                st.query_params.pop("table", None)
                st.session_state.pop("table_shown", None)
                st.rerun()
        if st.button("Keep", key="keep-table"):
            st.rerun()

"""Which table: the one of the address, or the newest; and what to do where there is none."""

from __future__ import annotations

import streamlit as st

from core import tables
from pages.parts import links
from pages.parts.frames import grid
from pages.parts.tables.sample import import_sample
from pages.parts.text import count, option
from pages.parts.visit import Visit, errors_shown

PREVIEW_ROWS = 8


def none_yet(visit: Visit) -> None:
    """Offers the sample and the upload."""
    with st.container(border=True):
        st.write("There is no table yet. Upload a spreadsheet, or start with the sample: a table of product reviews.")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Use the sample", type="primary", icon=":material/table:"):
                with errors_shown(), st.spinner("Reading the sample"):
                    import_sample(visit)
                    st.rerun()
            st.page_link(links.TABLES, label="Upload a spreadsheet", icon=":material/upload_file:")


def pick(own: list[tables.Table]) -> tables.Table:
    """The table of the address, or the newest; the choice goes into the address."""
    ids = [table.id for table in own]
    named = {table.id: table for table in own}
    wanted = st.query_params.get("table")
    chosen = st.selectbox(
        "Table",
        ids,
        index=ids.index(wanted) if wanted in named else 0,
        format_func=lambda table_id: f"{option(named[table_id].name)} · {count(named[table_id].rows, 'row')}",
        key="table_choice",
    )
    st.query_params["table"] = chosen
    st.page_link(links.TABLES, label="Upload another", icon=":material/upload_file:")
    return named[chosen]


def preview(visit: Visit, table: tables.Table, used: list[str]) -> None:
    """The first rows, the columns in use first."""
    frame = table.head(PREVIEW_ROWS)
    ordered = list(dict.fromkeys([*used, *frame.columns]))
    st.subheader("Preview", anchor=False)
    grid(
        frame[ordered],
        alt=f"The first {len(frame)} of {count(table.rows, 'row')}; the chosen columns come first.",
        limit=visit.settings.max_shown_characters,
        key="preview",
    )

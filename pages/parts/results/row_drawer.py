"""One row of a result, whole, in a drawer at the side: text as it is, nothing in it read as markup."""

from __future__ import annotations

import streamlit as st

from core.errors import NotFound
from core.runs.query import ResultQuery
from core.runs.table_rows import TableRows
from core.schema import PredictSpec
from pages.parts.results import row_findings
from pages.parts.results.row_findings import Found, text
from pages.parts.text import plain
from pages.parts.visit import show_error


@st.dialog("Row", position="right", width="medium", icon=":material/article:")
def open_row(query: ResultQuery | TableRows, number: int, spec: PredictSpec | None) -> None:
    """One row whole: what was found in it first, then every other column, as text."""
    try:
        row = query.row(number)
    except NotFound as error:
        show_error(error)
        return
    st.caption(f"Row {number + 1:,} of the table")
    found = Found(query, row, spec)
    row_findings.show(found)
    outputs = {column.name for column in query.columns if column.output}
    for names in ([name for name in row if name in outputs and row[name] is not None], [name for name in row if name not in outputs]):
        left = [name for name in names if name not in found.done]
        if left:
            with st.container(border=True):
                for name in left:
                    st.caption(f"**{plain(name)}**")
                    st.text(text(row[name]))

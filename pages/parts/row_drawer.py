"""One row of a result, whole, in a drawer at the side: text as it is, nothing in it read as markup."""

from __future__ import annotations

import streamlit as st

from core.errors import NotFound
from core.runs.query import ResultQuery
from pages.parts.text import plain, visible
from pages.parts.visit import show_error


@st.dialog("Row", position="right", width="medium", icon=":material/article:")
def open_row(query: ResultQuery, number: int) -> None:
    """One row whole, as text: nothing in it is read as markup."""
    try:
        row = query.row(number)
    except NotFound as error:
        show_error(error)
        return
    outputs = {column.name for column in query.columns if column.output}
    st.caption(f"Row {number + 1:,} of the table")
    for names in ([name for name in row if name in outputs], [name for name in row if name not in outputs]):
        with st.container(border=True):
            for name in names:
                if name in outputs and row[name] is None:
                    continue
                st.caption(f"**{plain(name)}**")
                st.text(_whole(row[name]))


def _whole(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, float):
        return f"{value:.4f}"
    text = str(value)
    return "\n".join(visible(line) for line in text.split("\n")) if text else "empty"

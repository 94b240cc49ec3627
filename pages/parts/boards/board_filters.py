"""One column and its values, over every chart of a dashboard."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.runs import open_run
from core.runs.filters import ColumnFilter, ResultFilters
from core.schema import Job
from pages.parts import address
from pages.parts.results.result import open_query
from pages.parts.results.row_filters import BLANK
from pages.parts.text import column_options, option
from pages.parts.visit import Visit

COLUMN, VALUES = "board-column", "board-values-"
EVERY = ResultFilters()
OFFERED = 200


def pick(visit: Visit, runs: Sequence[Job], offered: set[str] | None) -> ResultFilters:
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

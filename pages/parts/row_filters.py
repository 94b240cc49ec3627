"""Search, filters and order of a result's rows; every change goes back to the first page of them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.runs.filters import ColumnFilter, ResultFilters, Sort
from core.runs.query import ResultQuery
from core.schema import Role
from pages.parts.text import column_options, option

PAGE_KEY = "rows-page"
STATES = {"all": "All rows", "scored": "Scored", "failed": "Failed", "skipped": "Skipped"}
VALUES_OFFERED = 200
BLANK = "(blank)"


def filter_bar(query: ResultQuery, roles: Mapping[Role, str]) -> tuple[ResultFilters, str]:
    """The filters and the words to search for."""
    search_box, labels_box, state_box, more_box = st.columns([3, 3, 2, 2], vertical_alignment="bottom")
    search = search_box.text_input("Search", key="q", type="search", placeholder="Text in any column", on_change=_first_page) or ""
    known = query.labels
    picked = labels_box.multiselect(
        "Prediction",
        range(len(known)),
        format_func=lambda number: option(known[number]),
        key="labels",
        placeholder="Any",
        on_change=_first_page,
    )
    state = state_box.selectbox("State", list(STATES), format_func=STATES.__getitem__, key="state", on_change=_first_page)
    with more_box.popover("More filters", icon=":material/filter_list:", width="stretch"):
        confidence = _confidence(query)
        disagrees = _disagreement(roles)
        column = _column_filter(query)
    filters = ResultFilters(
        labels=tuple(known[number] for number in picked),
        confidence=confidence,
        state=state,
        disagrees_with=disagrees,
        columns=(column,) if column else (),
    )
    return filters, search.strip()


def _confidence(query: ResultQuery) -> tuple[float, float] | None:
    if query.output("confidence") is None:
        return None
    chosen = st.slider("Confidence", 0.0, 1.0, (0.0, 1.0), step=0.01, key="confidence", on_change=_first_page)
    return None if chosen == (0.0, 1.0) else chosen


def _disagreement(roles: Mapping[Role, str]) -> str | None:
    column = roles.get(Role.LABEL)
    if column is None:
        return None
    return column if st.checkbox("Only where my label differs", key="differs", on_change=_first_page) else None


def _column_filter(query: ResultQuery) -> ColumnFilter | None:
    names = [column.name for column in query.columns if column.output is None]
    words = column_options(names)
    number = st.selectbox(
        "Column",
        [None, *range(len(names))],
        format_func=lambda n: "None" if n is None else words[n],
        key="filter-column",
        on_change=_first_page,
    )
    if number is None:
        return None
    found = query.values(names[number], limit=VALUES_OFFERED)
    values = [None if pd.isna(value) else value for value in found["value"]]
    picked = st.multiselect(
        "Values",
        range(len(values)),
        format_func=lambda n: BLANK if values[n] is None else option(values[n]),
        key=f"filter-values-{number}",
        on_change=_first_page,
    )
    return ColumnFilter(column=names[number], one_of=tuple(values[n] for n in picked)) if picked else None


def sort_order(query: ResultQuery) -> Sort | None:
    """Sorting a header in the grid orders one page; these order all rows."""
    names = [column.name for column in query.columns]
    words = column_options(names)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            "Order by",
            [None, *range(len(names))],
            format_func=lambda n: "Order of the file" if n is None else words[n],
            key="order",
            on_change=_first_page,
            width=260,
        )
        if number is None:
            return None
        descending = st.checkbox("Highest first", key="descending", on_change=_first_page)
    return Sort(column=names[number], descending=descending)


def _first_page() -> None:
    st.session_state[PAGE_KEY] = 1

"""Search, filters and order of a result's rows; every change goes back to the first page of them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.runs.filters import ColumnFilter, ResultFilters, Sort
from core.runs.query import ResultQuery
from core.schema import Role
from pages.parts import address
from pages.parts.text import column_options, option, plain

PAGE_KEY = "rows-page"
STATES = {"all": "All rows", "scored": "Scored", "failed": "Failed", "skipped": "Skipped"}
VALUES_OFFERED = 200
BLANK = "(blank)"
FULL = (0.0, 1.0)
MOST_NAMED = 5


def filter_bar(query: ResultQuery, roles: Mapping[Role, str]) -> tuple[ResultFilters, str]:
    """The filters and the words to search for."""
    address.take("q", "q", str)
    address.take("state", "state", _state)
    asks = _named_answers(query)
    search_box, *labels_box, state_box, more_box = st.columns([3, *([3] if asks else []), 2, 2], vertical_alignment="bottom")
    search = search_box.text_input("Search", key="q", type="search", placeholder="Text in any column", on_change=_first_page) or ""
    picked: tuple[str, ...] = ()
    if asks:
        with labels_box[0]:
            picked = _answers(*asks)
    state = state_box.selectbox("State", list(STATES), format_func=STATES.__getitem__, key="state", on_change=_first_page)
    with more_box.popover("More filters", icon=":material/filter_list:", width="stretch"):
        confidence = _confidence(query)
        disagrees = _disagreement(roles)
        duplicates = _duplicates(query)
        column = _column_filter(query)
    filters = ResultFilters(
        labels=picked if query.counted else (),
        item_labels=() if query.counted else picked,
        confidence=confidence,
        state=state,
        disagrees_with=disagrees,
        filled=("duplicate_of",) if duplicates else (),
        columns=(column,) if column else (),
    )
    _say_the_folded(filters)
    address.put("q", *([search.strip()] if search.strip() else []))
    address.put("state", *([state] if state != "all" else []))
    return filters, search.strip()


def _named_answers(query: ResultQuery) -> tuple[str, list[str]] | None:
    """What rows can be chosen by, and its values: the prediction, its stand-in, or types of entities; nothing where answers are free."""
    if query.counted:
        return ("Prediction" if query.counted.output == "prediction" else str(query.counted.output).capitalize()), query.labels
    return ("Entity type", query.labels_of_items("entities")) if query.output("entities") else None


def _answers(title: str, known: list[str]) -> tuple[str, ...]:
    address.take_many("labels", "label", known.index)
    picked = st.multiselect(
        title,
        range(len(known)),
        format_func=lambda number: option(known[number]),
        key="labels",
        placeholder="Any",
        on_change=_first_page,
    )
    chosen = tuple(known[number] for number in picked)
    address.put("label", *chosen)
    return chosen


def _duplicates(query: ResultQuery) -> bool:
    if query.output("duplicate_of") is None:
        return False
    address.take("duplicates", "duplicates", _yes)
    wanted = st.checkbox("Only rows with a near-duplicate", key="duplicates", on_change=_first_page)
    address.put("duplicates", *(["yes"] if wanted else []))
    return wanted


def _confidence(query: ResultQuery) -> tuple[float, float] | None:
    if query.output("confidence") is None:
        return None
    address.take("confidence", "confidence", _range, default=FULL)
    chosen = st.slider("Confidence", *FULL, step=0.01, key="confidence", on_change=_first_page)
    address.put("confidence", *([f"{chosen[0]:.2f}-{chosen[1]:.2f}"] if chosen != FULL else []))
    return None if chosen == FULL else chosen


def _disagreement(roles: Mapping[Role, str]) -> str | None:
    column = roles.get(Role.LABEL)
    if column is None:
        return None
    address.take("differs", "differs", _yes)
    differs = st.checkbox("Only where my label differs", key="differs", on_change=_first_page)
    address.put("differs", *(["yes"] if differs else []))
    return column if differs else None


def _column_filter(query: ResultQuery) -> ColumnFilter | None:
    names = [column.name for column in query.columns if column.output is None]
    words = column_options(names)
    address.take("filter-column", "column", names.index)
    number = st.selectbox(
        "Column",
        [None, *range(len(names))],
        format_func=lambda n: "None" if n is None else words[n],
        key="filter-column",
        on_change=_first_page,
    )
    if number is None:
        address.put("column")
        address.put("value")
        return None
    found = query.values(names[number], limit=VALUES_OFFERED)
    values = [None if pd.isna(value) else value for value in found["value"]]
    if st.query_params.get("column") == names[number]:  # values of the column chosen before say nothing of this one
        address.take_many(f"{address.VALUES_KEY}{number}", "value", lambda text: values.index(text or None))
    picked = st.multiselect(
        "Values",
        range(len(values)),
        format_func=lambda n: BLANK if values[n] is None else option(values[n]),
        key=f"{address.VALUES_KEY}{number}",
        on_change=_first_page,
    )
    address.put("column", names[number])
    address.put("value", *(values[n] or "" for n in picked))
    return ColumnFilter(column=names[number], one_of=tuple(values[n] for n in picked)) if picked else None


def sort_order(query: ResultQuery) -> Sort | None:
    """Sorting a header in the grid orders one page; these order all rows."""
    names = [column.name for column in query.columns]
    words = column_options(names)
    address.take("order", "order", names.index)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            "Order by",
            [None, *range(len(names))],
            format_func=lambda n: "Order of the file" if n is None else words[n],
            key="order",
            on_change=_first_page,
            width=260,
        )
        address.put("order", *([] if number is None else [names[number]]))
        if number is None:
            address.put("desc")
            return None
        address.take("descending", "desc", _yes)
        descending = st.checkbox("Highest first", key="descending", on_change=_first_page)
    address.put("desc", *(["yes"] if descending else []))
    return Sort(column=names[number], descending=descending)


def _say_the_folded(filters: ResultFilters) -> None:
    """The filters that the menu hides, in words: rows that are missing for no visible reason look lost."""
    words = []
    if filters.confidence:
        words.append(f"the confidence is {filters.confidence[0]:.2f} to {filters.confidence[1]:.2f}")
    if filters.disagrees_with:
        words.append("the prediction differs from your label")
    if filters.filled:
        words.append("another row says nearly the same")
    for column in filters.columns:
        named = ", ".join(plain(value or BLANK, 40) for value in (column.one_of or ())[:MOST_NAMED])
        more = f" and {len(column.one_of or ()) - MOST_NAMED} more" if len(column.one_of or ()) > MOST_NAMED else ""
        words.append(f"{plain(column.column, 40)} is {named}{more}")
    if words:
        st.caption(f":material/filter_list: Only rows where {'; '.join(words)}.")


def _state(text: str) -> str:
    if text not in STATES:
        raise ValueError(text)
    return text


def _yes(text: str) -> bool:
    if text != "yes":
        raise ValueError(text)
    return True


def _range(text: str) -> tuple[float, float]:
    """``0.20-0.80``"""
    low, high = map(float, text.split("-"))
    if not FULL[0] <= low <= high <= FULL[1]:
        raise ValueError(text)
    return low, high


def _first_page() -> None:
    st.session_state[PAGE_KEY] = 1

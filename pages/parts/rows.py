"""The rows of a result: searched, filtered, sorted and paged where they lie, one row opened in a drawer."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit import column_config

from core.errors import NotFound
from core.runs.filters import ColumnFilter, ResultFilters, Sort
from core.runs.query import ResultQuery
from core.schema import Role
from pages.parts.frames import grid
from pages.parts.text import count, cut, option, visible
from pages.parts.visit import Visit, show_error

STATES = {"all": "All rows", "scored": "Scored", "failed": "Failed", "skipped": "Skipped"}
VALUES_OFFERED = 200
ROW = "Row"
BLANK = "(blank)"


def show(visit: Visit, query: ResultQuery, roles: Mapping[Role, str]) -> None:
    """The filter bar, one page of rows, and the pages."""
    filters, search = _filter_bar(query, roles)
    sort = _sort(query)
    found = query.count(filters, search)
    if not found:
        st.caption("No row matches. Take a filter away to see more.")
        return
    size = visit.settings.page_rows
    pages = -(-found // size)
    wanted = min(st.session_state.get("rows-page", 1), pages)
    frame = query.page(filters, search, sort, offset=(wanted - 1) * size)
    numbers = list(frame.index)
    chosen = grid(
        _for_display(query, frame, roles),
        alt=f"Rows {(wanted - 1) * size + 1:,} to {(wanted - 1) * size + len(frame):,} of {found:,} with their predictions.",
        limit=visit.settings.max_shown_characters,
        key=f"rows-{abs(hash((filters, search, sort, wanted)))}",
        selection="single-row",
        config=_columns(query),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{count(found, 'row')}. Select one to see it whole.", width="content")
        if pages > 1:
            st.pagination(pages, key="rows-page")
    if chosen and chosen[0] < len(numbers):
        _drawer(query, numbers[chosen[0]])


def _filter_bar(query: ResultQuery, roles: Mapping[Role, str]) -> tuple[ResultFilters, str]:
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
    number = st.selectbox(
        "Column",
        [None, *range(len(names))],
        format_func=lambda n: "None" if n is None else option(names[n]),
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


def _sort(query: ResultQuery) -> Sort | None:
    """Sorting a header in the grid orders one page; these order all rows."""
    names = [column.name for column in query.columns]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            "Order by",
            [None, *range(len(names))],
            format_func=lambda n: "Order of the file" if n is None else option(names[n]),
            key="order",
            on_change=_first_page,
            width=260,
        )
        if number is None:
            return None
        descending = st.segmented_control(
            "Direction",
            [False, True],
            default=False,
            required=True,
            format_func=lambda d: "Descending" if d else "Ascending",
            key="direction",
        )
    return Sort(column=names[number], descending=bool(descending))


def _for_display(query: ResultQuery, frame: pd.DataFrame, roles: Mapping[Role, str]) -> pd.DataFrame:
    """Row number, what was read, the answer, then the rest: what matters is on screen without scrolling."""
    outputs = query.outputs
    first = [roles[role] for role in (Role.TEXT, Role.TEXT_PAIR) if role in roles]
    first += [outputs[name] for name in ("prediction", "confidence") if name in outputs]
    first += [roles[Role.LABEL]] if Role.LABEL in roles else []
    ordered = list(dict.fromkeys([*(name for name in first if name in frame.columns), *frame.columns]))
    result = frame[ordered].copy()
    error = outputs.get("error")
    if error in result.columns and result[error].isna().all():
        result = result.drop(columns=error)
    name = ROW
    while name in result.columns:
        name += "′"
    result.insert(0, name, [number + 1 for number in frame.index])
    return result


def _columns(query: ResultQuery) -> dict[str, object]:
    """Bars for probabilities; long texts get room."""
    config: dict[str, object] = {}
    for column in query.columns:
        name = cut(visible(column.name), 80)
        if column.output == "confidence" or (column.output or "").startswith("p_"):
            config[name] = column_config.ProgressColumn(name, format="%.3f", min_value=0, max_value=1, width="small")
    return config


@st.dialog("Row", position="right", width="medium", icon=":material/article:")
def _drawer(query: ResultQuery, number: int) -> None:
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
                st.caption(_heading(name))
                st.text(_whole(row[name]))


def _heading(name: str) -> str:
    from pages.parts.text import plain

    return f"**{plain(name)}**"


def _whole(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, float):
        return f"{value:.4f}"
    text = str(value)
    return "\n".join(visible(line) for line in text.split("\n")) if text else "empty"


def _first_page() -> None:
    st.session_state["rows-page"] = 1

"""The rows of a result: searched, filtered, sorted and paged where they lie, one row opened in a drawer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import streamlit as st
from streamlit import column_config

from core.runs.filters import ResultFilters
from core.runs.query import ResultQuery
from core.schema import PredictSpec, Role
from core.tasks.writing.templates import Template
from pages.parts import address
from pages.parts.frames import grid
from pages.parts.results.row_drawer import open_row
from pages.parts.results.row_filters import PAGE_KEY, filter_bar, sort_order
from pages.parts.text import count, cut, visible
from pages.parts.visit import Visit

ROW = "Row"
ROW_HELP = "The row of the table: the first one under the header is 1. Lines of the file that hold the header are not counted."

READ_BEFORE = (Role.QUESTION, Role.TEXT, Role.TEXT_PAIR, Role.TOKENS, Role.PROMPT)
READ_AFTER = (Role.LABEL, Role.ANSWER, Role.TARGET, Role.TAGS, Role.CONTEXT)
READ_PIXELS, LEAST_PIXELS = 200, 120  # what was read and the answer fit a phone beside each other; wider screens share out the rest
PLACES = ("map_x", "map_y")  # numbers that say nothing: the map shows them, and the downloads hold them


class Shown(NamedTuple):
    """The rows that the filters and the search leave, and how many they are."""

    query: ResultQuery
    filters: ResultFilters
    search: str
    rows: int


def show(visit: Visit, query: ResultQuery, spec: PredictSpec | None) -> Shown | None:
    """The filter bar, one page of rows, and the pages. Returns what is shown where that is not every row."""
    roles = spec.roles if spec else {}
    filters, search = filter_bar(query, roles)
    sort = sort_order(query)
    found = query.count(filters, search)
    if not found:
        address.put("page")
        st.caption("No row matches. Take a filter away to see more.")
        return None
    size = visit.settings.page_rows
    pages = -(-found // size)
    address.take(PAGE_KEY, "page", lambda text: range(1, pages + 1)[range(1, pages + 1).index(int(text))])
    wanted = min(st.session_state.get(PAGE_KEY, 1), pages)
    address.put("page", *([str(wanted)] if wanted > 1 else []))
    frame = query.page(filters, search, sort, offset=(wanted - 1) * size)
    numbers = list(frame.index)
    chosen = grid(
        _for_display(query, frame, roles, _template_columns(spec)),
        alt=f"Rows {(wanted - 1) * size + 1:,} to {(wanted - 1) * size + len(frame):,} of {found:,} with their predictions.",
        limit=visit.settings.max_shown_characters,
        key=f"rows-{abs(hash((filters, search, sort, wanted)))}",
        selection="single-row",
        config=_columns(query, _read(roles, _template_columns(spec))),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{_place(found, wanted, size)}. Select one to see it whole.", width="content")
        if pages > 1:
            st.pagination(pages, key=PAGE_KEY, width="stretch")  # as wide as its content, it measures too little room for a second page
    if chosen and chosen[0] < len(numbers):
        open_row(query, numbers[chosen[0]], spec)
    return Shown(query, filters, search, found) if filters or search else None


def _place(found: int, page: int, size: int) -> str:
    """How many rows there are, and which of them the page shows where it does not show all."""
    if found <= size:
        return count(found, "row")
    return f"Rows {(page - 1) * size + 1:,} to {min(page * size, found):,} of {found:,}"


def _template_columns(spec: PredictSpec | None) -> tuple[str, ...]:
    """The columns that the run's prompts are made of."""
    text = spec.options.get("prompt_template") if spec else None
    return Template.parse(str(text)).distinct if text else ()


def _for_display(query: ResultQuery, frame: pd.DataFrame, roles: Mapping[Role, str], template: Sequence[str]) -> pd.DataFrame:
    """Row number, what was read, the answer, then the rest: what matters is on screen without scrolling."""
    outputs, counted = query.outputs, query.counted
    main = [counted.name] if counted else [outputs["prediction"]] if "prediction" in outputs else []
    first = [*_read(roles, template), *main]
    first += [outputs[name] for name in ("confidence", "duplicate_of", "similar") if name in outputs]
    first += [roles[role] for role in READ_AFTER if role in roles]
    last = [column.name for column in query.columns if column.kind == "other" and column.output not in (None, "similar")]
    left_out = {outputs[name] for name in PLACES if name in outputs}
    ordered = [name for name in dict.fromkeys([*first, *frame.columns]) if name in frame.columns and name not in left_out]
    ordered.sort(key=lambda name: name in last)
    result = frame[ordered].copy()
    error = outputs.get("error")
    if error in result.columns and result[error].isna().all():
        result = result.drop(columns=error)
    name = ROW
    while name in result.columns:
        name += "′"
    result.insert(0, name, [number + 1 for number in frame.index])
    return result


def _read(roles: Mapping[Role, str], template: Sequence[str]) -> list[str]:
    """The columns that the model has read, which stand before its answer."""
    return list(dict.fromkeys([*(roles[role] for role in READ_BEFORE if role in roles), *template]))


def _columns(query: ResultQuery, read: Sequence[str]) -> dict[str, object]:
    """Bars for probabilities; texts as wide as leaves the answer on screen."""
    config: dict[str, object] = {ROW: column_config.NumberColumn(ROW, help=ROW_HELP, pinned=True)}  # what is pinned does not grow
    for column in query.columns:
        name = cut(visible(column.name), 80)
        if column.name in read and column.kind == "text":
            config[name] = column_config.Column(name, width=max(LEAST_PIXELS, READ_PIXELS // len(read)))
        if column.output == "confidence" or (column.output or "").startswith("p_"):
            config[name] = column_config.ProgressColumn(name, format="%.3f", min_value=0, max_value=1, width="small")
    return config

"""The map of texts: what lies together is alike. A click on a point opens its row."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from core import charts
from core.runs.filters import ResultFilters
from core.runs.query import ResultQuery
from core.schema import PredictSpec, Role
from pages.parts.figures import draw
from pages.parts.results.row_drawer import open_row

MOST_POINTS = 3_000  # more make the browser slow and hide each other
EVERY = ResultFilters()
KEY, CHOSEN = "map-chart", "map-row"


def show(query: ResultQuery, spec: PredictSpec | None) -> None:
    """At most three thousand points, the same ones each time."""
    column = spec.roles.get(Role.TEXT) if spec else None
    figure = chart(query, column) if column is not None else None
    if figure is None:
        st.caption("No row has a place on the map, or the run has no column of texts to show.")
        return
    draw(figure, KEY, on_select=_choose)
    st.caption("Click a point to see its row whole. The directions and distances across the map mean nothing by themselves.")
    chosen = st.session_state.pop(CHOSEN, None)
    if chosen is not None:
        open_row(query, chosen, spec)


def chart(query: ResultQuery, column: str, filters: ResultFilters = EVERY) -> go.Figure | None:
    """The map with a column of texts to show at its points; ``None`` where there is nothing to draw."""
    points = query.places(column, MOST_POINTS, filters)
    if points.empty:
        return None
    rows = query.count(filters.model_copy(update={"state": "scored"}))
    return charts.flat_map(points, rows=rows, labels=query.labels or None)


def _choose() -> None:
    """Keeps the row of the point that was clicked; its number is the second of what a point carries."""
    points = st.session_state[KEY].selection.points
    carried = points[0].get("customdata") if points else None
    number = str(carried[1]).replace(",", "") if carried is not None and len(carried) > 1 else ""
    if number.isdecimal():
        st.session_state[CHOSEN] = int(number) - 1

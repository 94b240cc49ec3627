"""A chart on a page: its finding above it, words for those who cannot see it, a button that saves it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st
import streamlit.elements.plotly_chart  # registers the template whose colours follow the page's theme

from core import charts
from pages.parts.text import plain

TITLE_LINE = 20
MOST_NAMED = 100  # characters of a file's name


def draw(figure: go.Figure, key: str, *, on_select: Callable[[], None] | None = None) -> None:
    """A chart under its finding, with its text alternative and a button that saves it as a picture.

    The finding is drawn by the page, where it wraps on a narrow screen, instead of by Plotly, where it is cut.

    Args:
        on_select: called when a point is clicked; the state of ``key`` then holds it.
    """
    title = figure.layout.title.text or ""
    finding = html.unescape(title.replace("<br>", " "))
    st.markdown(f"**{plain(finding, 200)}**")
    figure.update_layout(template="streamlit", title=None, margin_t=8, height=figure.layout.height - TITLE_LINE * (title.count("<br>") + 1))
    chosen = {"on_select": on_select, "selection_mode": "points"} if on_select else {}
    st.plotly_chart(figure, config=config(finding), key=key, alt=charts.alt_text(figure), **chosen)


def config(finding: str) -> dict[str, object]:
    """What Plotly offers beside a chart: one button, under the pointer, that saves a picture named after the finding."""
    name = re.sub(r"[^\w.%]+", " ", finding)[:MOST_NAMED].strip(" .") or "chart"
    picture = {"format": "png", "scale": 2, "filename": name}
    return {"displaylogo": False, "modeBarButtons": [["toImage"]], "toImageButtonOptions": picture}

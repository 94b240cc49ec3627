"""Cells of users in Streamlit's grid: shown as they are, cut where they are long, never as anything but text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.text import cut, visible
from pages.parts.values import in_words

ROW_PIXELS = round(35 * 14 / 16)  # Streamlit's rows grow with theme.baseFontSize, in whole pixels
MOST_ROWS_SHOWN = 14


def shown(frame: pd.DataFrame, limit: int) -> pd.DataFrame:
    """A copy for display: texts cut at ``limit`` characters with control characters visible; numbers as they are.

    Column names are made visible too; where that makes two of them equal, the later one gets a number.
    """
    result = pd.DataFrame(index=frame.index)
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
            column = column.map(lambda value: _cell(value, limit), na_action="ignore").astype("str")
        label = cut(visible(str(name)), 80)
        while label in result.columns:
            label += "′"
        result[label] = column
    return result


def grid(
    frame: pd.DataFrame,
    *,
    alt: str,
    limit: int,
    key: str | None = None,
    selection: str | None = None,
    config: Mapping[str, object] | None = None,
) -> list[int]:
    """Draws ``frame`` and returns the numbers of the selected rows.

    Args:
        alt: the text alternative, a sentence.
        limit: most characters of a cell shown, as people count them.
        selection: a selection mode of ``st.dataframe``, or ``None`` for a table that is only read.
    """
    display = shown(frame, limit)
    height = (min(len(display), MOST_ROWS_SHOWN) + 1) * ROW_PIXELS + 3
    event = st.dataframe(
        display,
        height=height,
        hide_index=True,
        key=key,
        alt=alt,
        column_config=dict(config or {}),
        on_select="rerun" if selection else "ignore",
        selection_mode=selection or "multi-row",
        placeholder="",
    )
    return list(event.selection.rows) if selection else []


def lines(a_line: int) -> Iterator[DeltaGenerator]:
    """Places for controls, so many to a line; a line at a time, so that a narrow screen keeps the order."""
    while True:
        yield from st.columns(a_line, vertical_alignment="bottom")


def _cell(value: object, limit: int) -> str:
    return cut(visible(in_words(value)), limit)

"""The rows behind a figure: one page of them, each opened in a drawer, all of them as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from streamlit import column_config

from core.evaluation.results import RowsBehind
from core.runs.query import ResultQuery
from core.runs.table_rows import TableRows
from core.schema import PredictSpec
from pages.parts.frames import grid
from pages.parts.metrics import computed, downloads
from pages.parts.metrics.look import Look
from pages.parts.results.result import open_query
from pages.parts.results.row_drawer import open_row
from pages.parts.results.rows import ROW, ROW_HELP
from pages.parts.text import count, plain

FIRST = ("question", "text", "text_pair", "tokens", "prompt", "label", "prediction", "confidence", "context")


def behind(look: Look, which: RowsBehind, title: str, name: str) -> None:
    """The rows behind a figure. ``title`` is Markdown, ``name`` tells the view in keys and file names."""
    found = computed.rows_behind(*look.asked, which.model_dump_json())
    show(look, found, title, name)


def show(
    look: Look, numbers: Sequence[int] | np.ndarray, title: str, name: str, more: Mapping[str, Sequence[object]] | None = None
) -> None:
    """A page of these rows, in this order.

    Args:
        more: columns to show before those of the table, a value for each row of ``numbers``.
    """
    numbers = np.asarray(numbers, np.int64)
    st.markdown(f"**{title}: {count(len(numbers), 'row')}**")
    if not len(numbers):
        return
    size = look.visit.settings.page_rows
    pages = -(-len(numbers) // size)
    mark = f"{name}-{abs(hash(numbers.tobytes()))}"
    page = min(st.session_state.get(f"metrics-page-{mark}", 1), pages)
    here = slice((page - 1) * size, page * size)
    rows = computed.table_rows(look.visit.settings, look.file)
    frame = _ordered(rows.some(numbers[here].tolist()), look)
    for place, (column, values) in enumerate((more or {}).items()):
        frame.insert(place, _free(column, frame), list(values)[here])
    frame.insert(0, _free(ROW, frame), [number + 1 for number in frame.index])
    chosen = grid(
        frame,
        alt=f"{count(len(frame), 'row')} of {len(numbers):,}.",
        limit=look.visit.settings.max_shown_characters,
        key=f"metrics-rows-{mark}-{page}",
        selection="single-row",
        config={ROW: column_config.NumberColumn(ROW, help=ROW_HELP, width="small")},
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Select one to see it whole.", width="content")
        if pages > 1:
            st.pagination(pages, key=f"metrics-page-{mark}", width="stretch")
        downloads.rows(numbers, f"{name}-rows", look.source)
    if chosen and chosen[0] < len(frame):
        _open(look, rows, int(frame.index[chosen[0]]))


def _open(look: Look, rows: TableRows, number: int) -> None:
    """The drawer of a row; of a run it knows what the outputs of the task mean."""
    run = look.source.run
    spec = run.spec() if run else None
    scored = spec if isinstance(spec, PredictSpec) else None  # a fine-tune's validation rows lie in a table of their own
    query: ResultQuery | TableRows = open_query(look.visit, str(run.path)) if run and scored else rows
    open_row(query, number, scored)


def _ordered(frame: pd.DataFrame, look: Look) -> pd.DataFrame:
    """What was read, the two labels, then the rest; what no grid can draw comes last."""
    columns = look.spec.columns
    first = [columns[part] for part in FIRST if columns.get(part) in frame.columns]
    return frame[list(dict.fromkeys([*first, *frame.columns]))].copy()


def _free(name: str, frame: pd.DataFrame) -> str:
    while name in frame.columns:
        name += "′"
    return name


def named(label: str) -> str:
    """A label in a title."""
    return plain(label, 40) if label else "(blank)"

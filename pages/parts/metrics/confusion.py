"""What is taken for what: the confusion table, whose cells open the rows behind them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core import charts
from core.charts.figure import MOST_LABELS
from core.charts.quality import CELLS_WITH_TEXT
from core.evaluation.results import Confusion, RowsBehind
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.metrics import downloads, rows
from pages.parts.metrics.look import Look, choice, clicked, data_of
from pages.parts.metrics.shared import worst_labels
from pages.parts.text import count

CHART, TRUTH, SAID, MISTAKE = "metrics-confusion", "metrics-truth", "metrics-said", "metrics-mistake"
ANY = "Any"
MOST_MISTAKES = 100


def show(look: Look) -> None:
    """The table at the left, the most frequent mistakes at the right, the rows of the chosen cell under both."""
    table = look.found.confusion
    assert table is not None
    counts = np.array(table.counts, np.int64).reshape(len(table.labels), len(table.labels))
    wide = len(table.labels) > CELLS_WITH_TEXT  # the names on both axes need room
    left, right = (st.container(), st.container()) if wide else st.columns([3, 2], gap="large")
    with left:
        chosen = worst_labels(table.labels, table.counts)
        draw(charts.confusion(table.labels, table.counts, chosen=chosen, cells=True), CHART, on_select=clicked(CHART, _cell))
        st.caption("Click a cell to see its rows." + (f" The {MOST_LABELS} labels with the most mistakes are drawn." if chosen else ""))
    with right:
        _mistakes(table, counts)
        downloads.numbers(lambda: _long(table, counts), "confusion", look.source)
    _rows(look, table)


def _cell(point: dict[str, Any]) -> None:
    """A click on the chart fills the two select boxes; "other" stands for any label."""
    truth, said = data_of(point)[:2]
    st.session_state[TRUTH], st.session_state[SAID] = truth, said


def _rows(look: Look, table: Confusion) -> None:
    names = list(table.labels)
    with st.container(horizontal=True):
        truth = choice("Your label", names, TRUTH, "truth", nothing=ANY, width=280)
        said = choice("Prediction", names, SAID, "said", nothing=ANY, width=280)
    if truth is None and said is None:
        st.caption("Choose a label, or click a cell, to see the rows.")
        return
    which = RowsBehind(truth=None if truth is None else names[truth], prediction=None if said is None else names[said])
    words = [f"your label {rows.named(names[truth])}" if truth is not None else ""]
    words += [f"prediction {rows.named(names[said])}" if said is not None else ""]
    title = ", ".join(filter(None, words))
    rows.behind(look, which, title[:1].upper() + title[1:], "confusion")


def _mistakes(table: Confusion, counts: np.ndarray) -> None:
    """The most frequent mistakes as a list: with many labels the table alone is hard to read. Selecting one shows its rows."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = [divmod(int(place), len(table.labels)) for place in np.argsort(-wrong, axis=None, kind="stable")[:MOST_MISTAKES]]
    order = [(i, j) for i, j in order if wrong[i, j]]
    if not order:
        st.success("No compared row is wrong.", icon=":material/check_circle:")
        return
    st.markdown("**Most frequent mistakes**")
    frame = pd.DataFrame(
        {
            "Your label": [table.labels[i] for i, _ in order],
            "Prediction": [table.labels[j] for _, j in order],
            "Rows": [int(wrong[i, j]) for i, j in order],
        }
    )
    picked = grid(
        frame, alt=f"{count(len(frame), 'mistake')}, the most frequent first.", limit=100, key="metrics-mistakes", selection="single-row"
    )
    chosen = picked[0] if picked else None
    if chosen is not None and chosen != st.session_state.get(MISTAKE):
        st.session_state[TRUTH], st.session_state[SAID] = order[chosen]
    st.session_state[MISTAKE] = chosen


def _long(table: Confusion, counts: np.ndarray) -> pd.DataFrame:
    """A row for each cell that has rows."""
    i, j = np.nonzero(counts)
    return pd.DataFrame({"label": [table.labels[at] for at in i], "prediction": [table.labels[at] for at in j], "rows": counts[i, j]})

"""How the predictions compare with the user's labels: confusion table, metrics with their intervals, each label on its own."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.metrics import DEFINITIONS
from core.runs import RunFolder
from pages.parts import links
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.metrics.look import clicked, data_of
from pages.parts.results.head import number

CHART, CELL = "confusion-chart", "confusion_cell"
PER_CLASS = {"Precision": "precision", "Recall": "recall", "F1": "f1"}


def show(run: RunFolder) -> None:
    """Two charts, and every number as a table."""
    metrics = run.metrics()
    figures, confusion = metrics["metrics"], metrics.get("confusion")
    left, right = st.columns(2, gap="large")
    with left:
        if confusion:  # of several labels a row, none is mistaken for another
            _confusion(run, confusion["labels"], confusion["counts"])
        grid(_per_class(metrics), alt="Precision, recall and F1 of each label.", limit=100, key="per-class")
        grid(_table(figures), alt="Every metric with its 95 % interval.", limit=100, key="metrics")
    with right:
        # One axis from 0 to 1: losses, where less is better and which know no upper end, are in the table.
        shares = {name: figure for name, figure in figures.items() if DEFINITIONS[name].better == "higher"}
        draw(charts.metric_intervals(shares, {name: DEFINITIONS[name].title for name in shares}), "intervals-chart")


def _confusion(run: RunFolder, labels: list[str], counts: list[list[int]]) -> None:
    """The confusion table; a click on a cell opens its rows on the Metrics page."""

    def opened(point: dict[str, Any]) -> None:
        truth, said = data_of(point)[:2]
        names = {"truth": truth, "said": said}
        st.session_state[CELL] = {name: labels[place] for name, place in names.items() if place is not None}

    draw(charts.confusion(labels, counts, cells=True), CHART, on_select=clicked(CHART, opened))
    st.caption("Click a cell to see its rows.")
    cell = st.session_state.pop(CELL, None)
    if cell is not None:
        st.switch_page(links.METRICS, query_params={"run": run.id, **cell})


def _table(figures: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Metric": [DEFINITIONS[name].title for name in figures],
            "Value": [number(figure["value"]) for figure in figures.values()],
            "From": [number(figure["low"]) for figure in figures.values()],
            "To": [number(figure["high"]) for figure in figures.values()],
        }
    )


def _per_class(metrics: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"Label": label, **{title: number(values.get(name)) for title, name in PER_CLASS.items()}, "Rows": values.get("support")}
            for label, values in metrics.get("per_class", {}).items()
        ]
    )

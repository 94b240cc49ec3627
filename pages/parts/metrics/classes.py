"""Each label, or each type of entity, on its own."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.evaluation.results import ClassFigures, RowsBehind
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.metrics import downloads
from pages.parts.metrics import rows as metrics_rows
from pages.parts.metrics.look import Look, choice, clicked, data_of, number, spread
from pages.parts.metrics.shared import CLASS_FIGURES, entity_kinds, entity_schemes

CHART, LABEL, FIGURE, SIDE = "metrics-classes", "metrics-class", "metrics-class-figure", "metrics-class-side"
SIDES = {
    "missed": "Yours, but predicted otherwise",
    "false": "Predicted, but not yours",
    "right": "Right",
}


def show(look: Look) -> None:
    """A figure of each label with its interval, the numbers, and the rows of the one that was chosen."""
    found = look.found
    if found.entity_errors:
        _entities(look)
    if not found.per_class:
        return
    left, right = st.columns(2, gap="large")
    with left:
        name = st.radio("Figure", list(CLASS_FIGURES), format_func=CLASS_FIGURES.__getitem__, horizontal=True, key=FIGURE)
        figure = charts.class_intervals([one.model_dump() for one in found.per_class], name, CLASS_FIGURES[name])
        draw(figure, CHART, on_select=None if found.entity_errors else clicked(CHART, _picked))
    with right:
        grid(
            _table(found.per_class), alt="Precision, recall and F1 of each label with their ranges.", limit=100, key="metrics-classes-table"
        )
        downloads.numbers(lambda: _exact(found.per_class), "labels", look.source)
    if not found.entity_errors:
        _rows(look)


def _picked(point: dict[str, Any]) -> None:
    st.session_state[LABEL] = data_of(point)[0]


def _rows(look: Look) -> None:
    labels = [one.label for one in look.found.per_class]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        at = choice("Rows of the label", labels, LABEL, "class", nothing="None", width=280)
        if at is None:
            st.caption("Choose a label, or click its dot, to see its rows.", width="content")
            return
        side = st.selectbox("Which of them", list(SIDES), format_func=SIDES.__getitem__, key=SIDE, width=280)
    label = labels[at]
    which = {
        "missed": RowsBehind(truth=label, right=False),
        "false": RowsBehind(prediction=label, right=False),
        "right": RowsBehind(truth=label, right=True),
    }[side]
    metrics_rows.behind(look, which, f"{metrics_rows.named(label)}, {SIDES[side].lower()}", "label")


def _entities(look: Look) -> None:
    """Kinds of errors by type, and under each way to compare entities."""
    kinds, schemes = entity_kinds(look.found), entity_schemes(look.found)
    left, right = st.columns(2, gap="large")
    with left:
        draw(charts.entity_errors(kinds or schemes, by="type" if kinds else "comparison"), "metrics-entity-kinds")
        st.caption("An entity is right when its words and its type are yours.")
    with right:
        draw(charts.entity_errors(schemes, by="comparison"), "metrics-entity-schemes")
        st.caption("Strict: words and type. Exact: words only. Partial: some of the words. Ent type: the type, with a word in common.")
    downloads.numbers(
        lambda: pd.DataFrame([one.model_dump(exclude={"precision", "recall", "f1"}) for one in look.found.entity_errors]),
        "errors",
        look.source,
    )


def _table(classes: tuple[ClassFigures, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Label": [one.label for one in classes],
            **{
                title: [
                    f"{number(getattr(one, name).value)} {f'({said})' if (said := spread(getattr(one, name))) else ''}" for one in classes
                ]
                for name, title in CLASS_FIGURES.items()
            },
            "Yours": [one.support for one in classes],
            "Predicted": [one.predicted for one in classes],
        }
    )


def _exact(classes: tuple[ClassFigures, ...]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for one in classes:
        row: dict[str, Any] = {"label": one.label, "support": one.support, "predicted": one.predicted}
        for name in CLASS_FIGURES:
            figure = getattr(one, name)
            row |= {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
        rows.append(row)
    return pd.DataFrame(rows)

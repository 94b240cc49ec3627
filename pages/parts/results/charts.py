"""The charts of a result, each under its finding."""

from __future__ import annotations

import streamlit as st

from core import charts
from core.runs.query import ResultQuery
from core.schema import PredictSpec, Role
from pages.parts import address
from pages.parts.figures import draw
from pages.parts.text import column_options, count

MOST_TYPES = 1_000


def answer(query: ResultQuery) -> None:
    """The one chart that tells most: what was counted, the entities found, or how long free answers are."""
    if query.counted:
        label_counts(query)
    elif query.output("entities"):
        entity_types(query)
    elif (prediction := query.output("prediction")) and prediction.kind == "text":  # a vector has no words
        lengths(query)


def entity_types(query: ResultQuery) -> None:
    """How many entities of each type there are."""
    found = query.items("entities", ("label",), MOST_TYPES)
    if found.empty:
        st.caption("No row has an entity.")
        return
    counts = found[["label", "items"]].rename(columns={"items": "rows"})
    draw(charts.label_counts(counts, sorted(counts["label"]), counted=("entity", "entities")), "entity-chart")


def lengths(query: ResultQuery) -> None:
    """How long the answers are."""
    counts = query.lengths(query.outputs["prediction"])
    if counts.empty:
        st.caption("No row has an answer yet.")
        return
    draw(charts.lengths(counts), "length-chart")


def label_counts(query: ResultQuery) -> None:
    """Rows for each label: the answer."""
    counts = query.label_counts()
    if counts.empty:
        st.caption("No row has a prediction yet.")
        return
    draw(charts.label_counts(counts, query.labels), "label-chart")


def confidence(query: ResultQuery) -> None:
    """How sure the model was."""
    bins = query.confidence_histogram()
    if bins.empty:
        st.caption("No row has a confidence yet.")
        return
    figure = charts.confidence_histogram(bins, query.labels if query.counted else None)
    draw(figure.update_layout(showlegend=query.counted is not None), "confidence-chart")
    st.caption("Look at the least sure rows first: filter the rows by confidence.")


def breakdown(query: ResultQuery, spec: PredictSpec | None) -> None:
    """Labels by the values of a column of the user's."""
    own = [column.name for column in query.columns if column.output is None]
    roles = spec.roles if spec else {}
    used_as_text = {roles.get(Role.TEXT), roles.get(Role.TEXT_PAIR)}
    preferred = [roles.get(Role.GROUP), *(name for name in query.breakdown_columns() if name not in used_as_text), *own]
    first = next((name for name in preferred if name in own), None)
    if first is None:
        st.caption("The table has no column of yours to break the result down by.")
        return
    number = _column_choice("By column", own, first, key="by")
    found = query.breakdown(own[number])
    if found.counts.empty:
        st.caption("No row has a prediction yet.")
        return
    figure = charts.breakdown(found.counts, query.labels, column=own[number], other=found.other, other_values=found.other_values)
    draw(figure, "breakdown-chart")


def over_time(query: ResultQuery, dates: list[str]) -> None:
    """Labels over a date column."""
    number = _column_choice("Date column", dates, dates[0], key="date")
    found = query.over_time(dates[number])
    if found.counts.empty:
        st.caption("No scored row has a date that could be read.")
        return
    draw(charts.over_time(found.counts, query.labels, granularity=found.granularity, column=dates[number]), "time-chart")
    notes = [f"{count(found.read, 'row')} by {found.granularity}"]
    notes += [f"{count(found.unread, 'row')} with a date that could not be read"] if found.unread else []
    notes += [f"{count(found.blank, 'row')} without a date"] if found.blank else []
    notes += [f"read with the {found.order}{', which nothing in the column decides' if found.ambiguous else ''}"] if found.order else []
    st.caption(" · ".join(notes))


def date_columns(query: ResultQuery, spec: PredictSpec | None) -> list[str]:
    """Columns that hold dates, the one that the user named first."""
    chosen = spec.roles.get(Role.TIME) if spec else None
    found = query.time_columns()
    return list(dict.fromkeys([*([chosen] if chosen else []), *found]))


def _column_choice(label: str, names: list[str], first: str, key: str) -> int:
    """The number of a column: no name of a column is ever an option of ours."""
    words = column_options(names)
    address.take(key, key, names.index, default=names.index(first))
    number = st.selectbox(label, range(len(names)), format_func=words.__getitem__, key=key, width=320)
    address.put(key, *([names[number]] if names[number] != first else []))
    return number

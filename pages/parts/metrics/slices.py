"""Whether some rows fare worse than others: a figure for each value of any column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import streamlit as st

from core import charts
from core.evaluation.results import Slice
from core.schema import PredictSpec, Role
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.metrics import computed, downloads
from pages.parts.metrics import rows as metrics_rows
from pages.parts.metrics.look import Look, choice, clicked, data_of, defined, number, spread
from pages.parts.metrics.shared import ordered, slices_drawn
from pages.parts.text import count

CHART, COLUMN, FIGURE, VALUE = "metrics-slices", "metrics-slice-column", "metrics-slice-figure", "metrics-slice"
BLANK = "(blank)"
MOST_TRIED = 12  # columns that are read to find one that tells something


def show(look: Look) -> None:
    """The column, a figure for each of its values with its interval, and the rows of the value that was chosen."""
    columns = _columns(look)
    if not columns:
        st.caption("The table has no other column to slice by.")
        return
    with st.container(horizontal=True):
        at = choice("Column", columns, COLUMN, "slice", first=_first(look, columns), forgets=[(VALUE, "of")], width=320)
        assert at is not None
        spec = look.spec.model_copy(update={"slices": (columns[at],)})
        slices = computed.sliced(look.visit.settings, look.file, spec.model_dump_json())
        known = ordered(name for name in look.found.metrics if any(name in one.metrics for one in slices))
        metric = choice("Figure", [defined(name)[0] for name in known], FIGURE, "figure", width=240) if known else None
    if not slices:
        st.caption("No compared row has a value in this column.")
        return
    name = known[metric] if metric is not None else next(iter(look.found.metrics))
    overall = look.found.metrics[name].value if name in look.found.metrics else None
    figure = charts.slice_intervals(slices_drawn(slices, name), title=defined(name)[0], overall=overall, column=columns[at])
    draw(figure, CHART, on_select=clicked(CHART, _picked))
    st.caption(f"The dotted line is all rows together. {count(len(slices), 'value')}; click one to see its rows.")
    _rows(look, slices)
    with st.expander("Every value as a table", icon=":material/table_rows:"):
        grid(_table(slices, known), alt="Each value of the column with its rows and figures.", limit=100, key="metrics-slices-table")
        downloads.numbers(lambda: _exact(slices), "slices", look.source)


def _picked(point: dict[str, Any]) -> None:
    st.session_state[VALUE] = data_of(point)[0]


def _rows(look: Look, slices: Sequence[Slice]) -> None:
    names = [one.value or BLANK for one in slices]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        at = choice("Rows of the value", names, VALUE, "of", nothing="None", width=320)
        if at is None:
            return
        wrong = st.checkbox("Only wrong ones", key="metrics-slice-wrong")
    which = slices[at].behind.model_copy(update={"right": False} if wrong else {})
    title = f"{metrics_rows.named(slices[at].column)} is {metrics_rows.named(slices[at].value)}"
    metrics_rows.behind(look, which, title, "slice")


def _columns(look: Look) -> list[str]:
    """The columns of the user's, those of the task left out."""
    schema = pq.read_schema(look.source.path)
    made = set(computed.table_rows(look.visit.settings, look.file).outputs.values())
    used = {look.spec.columns.get(part) for part in ("prediction", "confidence")} | set(look.spec.probabilities.values())
    return [name for name in schema.names if name not in made | used]


def _first(look: Look, columns: list[str]) -> int:
    """At first the column that runs are grouped by, else one that is neither a text nor the label and whose values rows share."""
    spec = look.source.run.spec() if look.source.run else None
    group = spec.roles.get(Role.GROUP) if isinstance(spec, PredictSpec) else None
    if group in columns:
        return columns.index(group)
    busy = set(look.spec.columns.values())
    free = [name for name in columns if name not in busy]
    telling = computed.first_to_tell(look.visit.settings, look.file, free[:MOST_TRIED])
    return columns.index(telling or next(iter(free), columns[0]))


def _table(slices: Sequence[Slice], names: Sequence[str]) -> pd.DataFrame:
    frame = pd.DataFrame({"Value": [one.value or BLANK for one in slices], "Rows": [one.rows for one in slices]})
    for name in names:
        told = [one.metrics.get(name) for one in slices]
        frame[defined(name)[0]] = [
            f"{number(one.value)} ({spread(one)})" if one and spread(one) else number(one.value) if one else "–" for one in told
        ]
    frame["Note"] = [one.note for one in slices]
    return frame


def _exact(slices: Sequence[Slice]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for one in slices:
        row: dict[str, Any] = {"column": one.column, "value": one.value, "rows": one.rows, "note": one.note}
        for name, figure in one.metrics.items():
            row |= {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
        rows.append(row)
    return pd.DataFrame(rows)

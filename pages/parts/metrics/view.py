"""A result on the Metrics page: the figures first, then a tab for each way to look at them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from core import jobs
from core.evaluation.results import Evaluation
from pages.parts import address, command
from pages.parts.boards import pin_button
from pages.parts.metrics import beside, calibration, classes, computed, confusion, doubts, downloads, slices, thresholds
from pages.parts.metrics.chosen.source import Source
from pages.parts.metrics.look import Look, defined, number, spread
from pages.parts.metrics.shared import ordered
from pages.parts.results.head import MOST_TILES, TILE_PIXELS
from pages.parts.tabs import tabs
from pages.parts.text import count, message, plain
from pages.parts.visit import Visit, errors_shown

MOST_NAMED = 8


def show(visit: Visit, source: Source) -> None:
    """The figures, what they leave out, and the tabs. Only the open tab computes anything more."""
    with errors_shown():
        found = computed.evaluated(visit.settings, computed.version(source.path), source.spec.model_dump_json())
        look = Look(visit, source, found)
        address.begin(f"metrics/{source.key}")
        if source.run is not None:
            pin_button.show(visit, source.run, jobs.get(visit.settings, source.run.id))
        _figures(look)
        left_out = st.container()
        if found.compared:
            _tabs(look)
        command.show(source.command)
        with left_out:
            address.say_what_was_left_out()
        address.end(f"metrics/{source.key}")


def _figures(look: Look) -> None:
    """Four figures as tiles, all of them with their meaning under them."""
    found = look.found
    st.caption(f"Compared on {count(found.compared, 'row')} of {found.rows:,}. Ranges hold the true value in 95 of 100 such samples.")
    if found.spec.rows_are:
        st.caption(message(found.spec.rows_are))
    if not found.compared:
        st.warning("There is nothing to compare: no row has both a prediction and a label.", icon=":material/info:")
    names = ordered(found.metrics)
    with st.grid(columns=MOST_TILES, min_column_width=TILE_PIXELS):
        for name in names[:MOST_TILES]:
            title, sentence = defined(name)
            figure = found.metrics[name]
            st.metric(title, number(figure.value), spread(figure) or None, delta_color="off", delta_arrow="off", help=sentence, border=True)
    _left_out(found)
    if names:
        with st.expander(f"All {count(len(names), 'figure')} and what they mean", icon=":material/table_rows:"):
            st.table(_table(found, names).set_index("Figure"), alt="Every figure with its range, its rows and its meaning.")
            downloads.numbers(lambda: _exact(found), "figures", look.source)


def _left_out(found: Evaluation) -> None:
    """Rows that no figure counts, values that are no label, and how the numbers were found."""
    lines = [f"{count(one.rows, 'row')} left out: {message(one.reason[:1].lower() + one.reason[1:])}" for one in found.left_out if one.rows]
    if found.unmatched:
        named = ", ".join(f"{plain(value, 30)} ({rows:,})" for value, rows in list(found.unmatched.items())[:MOST_NAMED])
        more = f" and {len(found.unmatched) - MOST_NAMED:,} more" if len(found.unmatched) > MOST_NAMED else ""
        lines.append(f"Values of your label column that are no label: {named}{more}")
    if lines:
        st.warning("\n".join(f"- {line}" for line in lines), icon=":material/filter_alt:")
    for note in found.notes:
        st.caption(message(note))


def _table(found: Evaluation, names: list[str]) -> pd.DataFrame:
    rows = [(*defined(name), found.metrics[name]) for name in names]
    return pd.DataFrame(
        {
            "Figure": [title for title, _, _ in rows],
            "Value": [number(figure.value) for _, _, figure in rows],
            "Range": [spread(figure) for _, _, figure in rows],
            "Rows": [f"{figure.n:,}" for _, _, figure in rows],
            "Meaning": [sentence for _, sentence, _ in rows],
        }
    )


def _exact(found: Evaluation) -> pd.DataFrame:
    return pd.DataFrame([{"metric": name, **figure.model_dump()} for name, figure in found.metrics.items()])


def _tabs(look: Look) -> None:
    found = look.found
    labels = found.problem in ("single", "multi")
    bodies: dict[str, Callable[[Look], None]] = {}
    if found.confusion:
        bodies["Confusion"] = confusion.show
    if found.per_class or found.entity_errors:
        bodies["Types" if found.entity_errors else "Labels"] = classes.show
    bodies["Slices"] = slices.show
    if labels:
        bodies["Thresholds"] = thresholds.show
    if found.problem == "single":
        bodies["Calibration"] = calibration.show
    bodies["Worst rows"] = doubts.worst
    if found.problem == "single":
        bodies["Label errors"] = doubts.label_errors
    bodies["Two results"] = beside.two
    bodies["Drift"] = beside.drift
    for name, tab in tabs(list(bodies), key="metrics-view", parameter="tab").items():
        if tab.open:
            with tab, errors_shown():
                bodies[name](look)

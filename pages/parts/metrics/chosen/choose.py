"""Which result the Metrics page looks at: a scored table, a fine-tune's validation rows, or an uploaded table with predictions in it."""

from __future__ import annotations

import streamlit as st

from core import tables
from pages.parts import links
from pages.parts.metrics.chosen import column, runs, table
from pages.parts.metrics.chosen.source import Source
from pages.parts.tables.sample import start_on_sample
from pages.parts.visit import Visit, errors_shown

KINDS = {"run": "A run", "table": "An uploaded table"}
KIND = "result-kind"


def choose(visit: Visit) -> Source | None:
    """The result of the address, or the one that the user picks; ``None`` with words where there is none."""
    own = tables.list_tables(visit.settings, visit.workspace)
    measured = runs.measured_runs(visit)
    linked = runs.linked(visit)
    if linked and linked.id not in {job.id for job in measured}:
        measured = [linked, *measured]
    if not own and not measured:
        _none_yet(visit)
        return None
    if KIND not in st.session_state:
        st.session_state[KIND] = "table" if "table" in st.query_params or not measured else "run"
    kind = st.radio("Result", list(KINDS), format_func=KINDS.__getitem__, key=KIND, horizontal=True, on_change=column.another)
    with errors_shown():
        return runs.pick(visit, measured) if kind == "run" else table.pick(own)
    return None


def _none_yet(visit: Visit) -> None:
    with st.container(border=True):
        st.write("There is no result to measure yet. Score a table that has a column of your own labels, or start with the sample.")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Score the sample", type="primary", icon=":material/play_arrow:"):
                with errors_shown(), st.spinner("Starting a run on the sample"):
                    links.go_to_run(start_on_sample(visit))
            st.page_link(links.TABLES, label="Upload a table with predictions", icon=":material/upload_file:")

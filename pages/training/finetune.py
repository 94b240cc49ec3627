"""Tune an adapter on a table's own labels. With ``?run=<id>`` in the address, the page of that fine-tune."""

import streamlit as st

from pages.parts import run_view, tuning, visit

here = visit.begin("Fine-tune", "Teach a model your own labels: it becomes an adapter that scores your next table.")

run_id = st.query_params.get("run")
if run_id:
    run_view.show(here, run_id)
else:
    tuning.show(here)

"""Score a table: choose, run, watch, read the results. With ``?run=<id>`` in the address, the page of that run."""

import streamlit as st

from pages.parts import visit
from pages.parts.batch import setup
from pages.parts.runs import run_view

here = visit.begin("Batch inference", "Score every row of a table with a model, then read, filter and download the result.")

run_id = st.query_params.get("run")
if run_id:
    run_view.show(here, run_id)
else:
    setup.show(here)

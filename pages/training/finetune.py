"""Tune a model on a table's own labels or texts. With ``?run=<id>`` in the address, the page of that fine-tune."""

import streamlit as st

from pages.parts import visit
from pages.parts.runs import run_view
from pages.parts.tuning import form

here = visit.begin("Fine-tune", "Teach a model what your table shows: the result is a model of your own, ready to score the next one.")

run_id = st.query_params.get("run")
if run_id:
    run_view.show(here, run_id)
else:
    form.show(here)

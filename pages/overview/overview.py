"""The first page: what this is, one button to try it, what is running and what ran last."""

import streamlit as st

from core import jobs
from core.schema import ACTIVE_STATES
from pages.parts import links, visit
from pages.parts.first_visit import what_one_can_do
from pages.parts.runs.lists import recent_runs, running
from pages.parts.tables.sample import start_on_sample

here = visit.begin(
    "Sheetformer", "Label every row of a spreadsheet with a language model, see how sure it is, and take the result with you."
)

with st.container(horizontal=True, vertical_alignment="center"):
    tried = st.button("Try it on the sample", type="primary", icon=":material/play_arrow:")
    st.page_link(links.TABLES, label="Use a table of your own", icon=":material/upload_file:")
st.caption("The sample is a table of product reviews; it takes a few seconds. Everything runs on this machine, also without a network.")

if tried:
    with visit.errors_shown():
        with st.spinner("Reading the sample"):
            run_id = start_on_sample(here)
        links.go_to_run(run_id)

own = jobs.list_jobs(here.settings, owner=here.workspace)
active = [job for job in own if job.state in ACTIVE_STATES]
if active:
    running(here)
recent_runs(here, [job for job in own if job.state not in ACTIVE_STATES])
if not own:
    what_one_can_do()

"""All jobs of this workspace, and what can be done with each."""

import streamlit as st

from core import jobs
from pages.parts import links, visit
from pages.parts.runs.job_list import details, job_table
from pages.parts.tables.sample import start_on_sample

here = visit.begin("Jobs", "Everything that was started here: where it stands, what it said, and what you can do with it.")

own = jobs.list_jobs(here.settings, owner=here.workspace)
if not own:
    with st.container(border=True):
        st.write("No job yet. Score a table, or see how it looks on the sample.")
        with st.container(horizontal=True, vertical_alignment="center"):
            tried = st.button("Try it on the sample", type="primary", icon=":material/play_arrow:")
            st.page_link(links.BATCH, label="Score a table", icon=":material/label:")
    if tried:
        with visit.errors_shown():
            with st.spinner("Reading the sample"):
                run_id = start_on_sample(here)
            links.go_to_run(run_id)
else:
    chosen = job_table(here, own)
    if chosen is None:
        st.caption("Select a job to see its progress and log, and to stop, resume or delete it.")
    else:
        details(here, chosen)

"""The demos of a workspace that run: their links, which nobody else is shown, and how to stop them."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from core import demos, jobs
from core.errors import SheetformerError
from core.runs import open_run
from core.schema import ACTIVE_STATES, Job, JobState
from pages.parts import links
from pages.parts.runs import actions, progress
from pages.parts.text import plain
from pages.parts.visit import Visit

TICK_SECONDS = 1.0
MOST_SHOWN = 5


def show(visit: Visit) -> bool:
    """The demos that run, and the one of the address where it has ended; whether any runs."""
    own = _own(visit)
    if own:
        st.fragment(_draw, run_every=TICK_SECONDS if any(job.state in ACTIVE_STATES for job in own) else None)(visit)
    return any(job.state in ACTIVE_STATES for job in own)


def _own(visit: Visit) -> list[Job]:
    named = st.query_params.get(links.RUN)
    own = [job for job in jobs.list_jobs(visit.settings, owner=visit.workspace) if job.kind == "demo"]
    return [job for job in own if job.state in ACTIVE_STATES or job.id == named][:MOST_SHOWN]


def _draw(visit: Visit) -> None:
    own = _own(visit)
    if not any(job.state in ACTIVE_STATES for job in own) and st.session_state.get("demos_ran"):
        st.session_state["demos_ran"] = False
        st.rerun()
    st.session_state["demos_ran"] = any(job.state in ACTIVE_STATES for job in own)
    for job in own:
        with st.container(border=True):
            _one(visit, job)


def _one(visit: Visit, job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{links.job_title(job)}**", width="content")
        links.state_badge(job.state)
    if job.state is JobState.FAILED:
        st.error(plain(job.error or "It ended without a message; its log under Jobs may say more.", 1_000), icon=":material/error:")
    if job.state not in ACTIVE_STATES:
        if job.state is JobState.DONE:
            st.caption(f"It ended by itself: nobody asked for {visit.settings.demo_idle_minutes:g} minutes.")
        actions.buttons(visit, job, place=f"demo-{job.id}")
        return
    link = _link(visit, job)
    if link is None:
        st.caption(progress.line(job, progress.newest(visit, job)))
        if job.state is JobState.QUEUED:
            st.caption(f"At most {visit.settings.max_running_demos_per_owner:,} of your demos run at once: stop another one to see it.")
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.link_button("Open the demo", link.url(host_of_visit()), icon=":material/open_in_new:", type="primary")
            st.caption(f"It ends when nobody has asked for {visit.settings.demo_idle_minutes:g} minutes.", width="content")
        st.code(link.url(host_of_visit()), language=None, wrap_lines=True)
        if link.local and not demos.is_local(host_of_visit()):
            st.info("It listens to the machine that Sheetformer runs on and to no other: open the link there.", icon=":material/info:")
    actions.stop_button(visit, job, place=f"demo-{job.id}", keeps="It can be started again.")
    actions.show_last_error()


def _link(visit: Visit, job: Job) -> demos.Link | None:
    try:
        return demos.read_link(open_run(visit.settings, job.id), visit.workspace)
    except SheetformerError:  # the run has gone since the list was made
        return None


def host_of_visit() -> str:
    """The name by which this browser reached the server; this machine where nobody says, as in a test."""
    return urlsplit(st.context.url or "").hostname or "127.0.0.1"

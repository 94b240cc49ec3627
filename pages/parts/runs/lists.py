"""Short lists of jobs on the overview: what is running, what ran last."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from core import jobs
from core.schema import ACTIVE_STATES, Job
from pages.parts import links
from pages.parts.runs import actions, progress
from pages.parts.text import count, duration
from pages.parts.visit import Visit

TICK_SECONDS = 1.0
RECENT = 8


@st.fragment(run_every=TICK_SECONDS)
def running(visit: Visit) -> None:
    """Every job of this workspace that has not ended, with its progress; the page is drawn again when one ends."""
    active = [job for job in jobs.list_jobs(visit.settings, owner=visit.workspace) if job.state in ACTIVE_STATES]
    known = st.session_state.get("running_before", set())
    st.session_state["running_before"] = {job.id for job in active}
    if known - {job.id for job in active}:
        st.rerun()
    st.subheader("Running now", anchor=False)
    for job in active:
        with st.container(border=True):
            links.run_link(job, icon=":material/open_in_new:")
            progress.draw(visit, job)
            actions.stop_button(visit, job, place=job.id)
    actions.show_last_error()


def recent_runs(visit: Visit, ended: Sequence[Job]) -> None:
    """The last jobs that ended, each a link to its result; nothing where none has."""
    if not ended:
        return
    st.subheader("Recent runs", anchor=False)
    with st.container(border=True):
        for job in ended[:RECENT]:
            with st.container(horizontal=True, vertical_alignment="center"):
                links.run_link(job)
                links.state_badge(job.state)
                st.caption(f"{count(job.rows_done, 'row')} · {ago(job.ended or job.created)}", width="content")
    if len(ended) > RECENT:
        st.page_link(links.JOBS, label=f"All {len(ended):,} jobs", icon=":material/list_alt:")


def ago(moment: float) -> str:
    """``3 min ago``; ``moment`` in seconds since 1970, UTC."""
    seconds = max(0.0, time.time() - moment)
    if seconds < 60:
        return "just now"
    if seconds < 36 * 3600:
        return f"{duration(seconds)} ago"
    return f"{count(round(seconds / 86400), 'day')} ago"

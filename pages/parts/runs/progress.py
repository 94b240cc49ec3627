"""A job while it works: rows, rows per second, time left, a stop button. The same in every tab, from the run's folder."""

from __future__ import annotations

import streamlit as st

from core import jobs
from core.errors import NotFound
from core.runs import open_run, read_progress
from core.schema import ACTIVE_STATES, Job, JobState, Progress
from pages.parts.links import state_badge
from pages.parts.runs import actions
from pages.parts.text import count, duration, plain
from pages.parts.visit import Visit

TICK_SECONDS = 0.7


@st.fragment(run_every=TICK_SECONDS)
def live(visit: Visit, job_id: str, *, mine: bool, place: str = "run") -> None:
    """Draws the job's progress until it ends, then draws the whole page again."""
    try:
        job = jobs.get(visit.settings, job_id)
    except NotFound:
        st.rerun()
    if job.state not in ACTIVE_STATES:
        st.rerun()
    with st.container(border=True):
        draw(visit, job)
        if mine:
            actions.stop_button(visit, job, place=place)
            actions.show_last_error()


def draw(visit: Visit, job: Job) -> None:
    """State, bar and one line of numbers."""
    progress = newest(visit, job)
    state_badge(job.state)
    st.progress(fraction(job, progress), text=line(job, progress))
    if job.unnoted:
        st.error(plain(job.error or "", limit=1_000), icon=":material/error:")
    elif job.state is JobState.QUEUED and job.place:
        st.caption("It starts by itself. You can close this page.")
    else:
        st.caption("You can close this page: the job goes on, and its address brings you back.")


def fraction(job: Job, progress: Progress | None) -> float:
    """Share of the rows that are done, 0 to 1."""
    done, rows = (progress.rows_done, progress.rows) if progress else (job.rows_done, job.rows)
    return min(1.0, done / rows) if rows else 0.0


def line(job: Job, progress: Progress | None) -> str:
    """``1,200 of 4,000 rows · 45 rows per second · 1 min left · 3 failed``."""
    if job.state is JobState.QUEUED:
        return f"Waiting, place {job.place} in the queue" if job.place else "Waiting for its turn"
    if progress is None:
        return "Starting"
    if not progress.rows:  # such as a demo, which works on no table
        return plain(progress.stage)
    words = [f"{progress.rows_done:,} of {count(progress.rows, 'row')}"]
    if not progress.rows_done or job.kind == "search":  # which says the trial
        words.append(plain(progress.stage))
    if progress.rows_per_second:
        words.append(f"{progress.rows_per_second:,.0f} rows per second")
    if progress.seconds_left is not None and progress.rows_done < progress.rows:
        words.append(f"{duration(progress.seconds_left)} left")
    if progress.failed:
        words.append(f"{progress.failed:,} failed")
    return " · ".join(words)


def newest(visit: Visit, job: Job) -> Progress | None:
    """The newest progress of the present attempt; an earlier one's would jump back. ``None`` too where the run's folder is gone."""
    try:
        progress = read_progress(open_run(visit.settings, job.id))
    except NotFound:
        return None
    return progress if progress and job.started and progress.time >= job.started else None

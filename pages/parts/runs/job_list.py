"""The list of jobs with one of them opened: state, progress, log, actions."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit import column_config

from core import jobs
from core.errors import NotFound
from core.runs import first_start, open_run, read_events, working_seconds
from core.schema import ACTIVE_STATES, Job, JobState
from pages.parts.frames import grid
from pages.parts.links import job_title, run_link, state_badge
from pages.parts.runs import actions, naming, progress
from pages.parts.text import count, duration
from pages.parts.visit import Visit, errors_shown

JOB = "job"
TICK_SECONDS = 1.0


def job_table(visit: Visit, own: Sequence[Job]) -> Job | None:
    """The list, newest first; returns the chosen job. It is drawn anew each second while something works."""
    active = any(job.state in ACTIVE_STATES for job in own)
    st.fragment(_table, run_every=TICK_SECONDS if active else None)(visit)
    chosen = st.query_params.get(JOB)
    return next((job for job in own if job.id == chosen), None)


def details(visit: Visit, job: Job) -> None:
    """One job: numbers, actions, log."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(job_title(job), anchor=False, width="content")
        state_badge(job.state)
        run_link(job, label="Open its page", icon=":material/open_in_new:")
    if job.state in ACTIVE_STATES:
        _working(visit, job.id)
    else:
        st.caption(_story(visit, job))
        if job.error:
            st.error(progress.plain(job.error, limit=1_000), icon=":material/error:")
        actions.buttons(visit, job, failed_rows=actions.failed_rows(visit, job), place=job.id)
    with st.expander("Log", icon=":material/article:", expanded=job.state not in ACTIVE_STATES and bool(job.error)), errors_shown():
        text = jobs.log_text(visit.settings, job.id)
        if text:
            st.code(text, language=None, wrap_lines=True, height=300)
        else:
            st.caption(_silence(job))


def frame(visit: Visit, own: Sequence[Job]) -> pd.DataFrame:
    """One line per job, for the grid. Task and model tell runs of one table apart."""
    said = [naming.told(visit.settings, job) for job in own]
    return pd.DataFrame(
        {
            "Job": [job.title or job.kind for job in own],
            "What": [naming.kind(job, one) for job, one in zip(own, said, strict=True)],
            "State": [f"{job.state}, place {job.place}" if job.place else str(job.state) for job in own],
            "Model": [one.model for one in said],
            "Rows": [f"{job.rows_done:,} of {job.rows:,}" if job.rows else "" for job in own],
            "Done": [math.floor(100 * job.rows_done / job.rows) / 100 if job.rows else 0.0 for job in own],
            "Started": [_moment(_first_start(visit, job)) for job in own],
            "Took": [_took(visit, job) for job in own],
            "Id": [job.id for job in own],
        }
    )


def _table(visit: Visit) -> None:
    own = jobs.list_jobs(visit.settings, owner=visit.workspace)
    ids = [job.id for job in own]
    before = st.session_state.get("jobs_before")
    st.session_state["jobs_before"] = now = {job.id: job.state in ACTIVE_STATES for job in own}
    if before is not None and before != now:
        st.rerun()
    chosen = grid(
        frame(visit, own),
        alt=f"{count(len(own), 'job')}, newest first: name, task, state, model, rows done, start, duration.",
        limit=visit.settings.max_shown_characters,
        key=f"jobs-{ids[0]}-{len(ids)}",  # another list starts without a selection: a position would point at another job
        selection="single-row",
        config={"Done": column_config.ProgressColumn("Done", format="percent", min_value=0, max_value=1)},
    )
    wanted = ids[chosen[0]] if chosen and chosen[0] < len(ids) else None
    if wanted and wanted != st.query_params.get(JOB):
        st.query_params[JOB] = wanted
        st.rerun()


@st.fragment(run_every=TICK_SECONDS)
def _working(visit: Visit, job_id: str) -> None:
    try:
        job = jobs.get(visit.settings, job_id)
    except NotFound:
        st.rerun()
    if job.state not in ACTIVE_STATES:
        st.rerun()
    st.progress(progress.fraction(job, progress.newest(visit, job)), text=progress.line(job, progress.newest(visit, job)))
    actions.stop_button(visit, job, place=job.id)
    actions.show_last_error()


def _moment(seconds: float | None) -> str:
    """Local time of the server, to the second; empty where there is none yet."""
    return datetime.datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S") if seconds else ""


def _first_start(visit: Visit, job: Job) -> float | None:
    """When a job was first started: the queue knows its last start, the events of its run know all."""
    if job.attempt == 1:
        return job.started
    try:
        return first_start(read_events(open_run(visit.settings, job.id))) or job.started
    except NotFound:
        return job.started


def _took(visit: Visit, job: Job) -> str:
    """Time of work over all attempts; of the last one, said so, where that of an earlier one is not known."""
    if not job.started or not job.ended:
        return ""
    last = duration(max(0.0, job.ended - job.started))
    if job.attempt == 1:
        return last
    try:
        worked = working_seconds(read_events(open_run(visit.settings, job.id)), job.ended)
    except NotFound:
        worked = None
    return f"{last} (last attempt)" if worked is None else duration(worked)


def _silence(job: Job) -> str:
    """What an empty log means."""
    if job.state in ACTIVE_STATES:
        return "Nothing yet. A job writes here only when something goes wrong or a library warns; its progress is above."
    if job.state is JobState.FAILED:
        return (
            "The job wrote nothing before it ended. Its process may have been killed, for example for want of memory. Resume it to go on."
        )
    return "The job wrote nothing, as it does when nothing goes wrong."


def _story(visit: Visit, job: Job) -> str:
    first = _first_start(visit, job)
    words = [f"Started {_moment(first)}" if first else f"Created {_moment(job.created)}"]
    if job.started and job.ended:
        words.append(f"took {_took(visit, job)}")
    if job.rows:
        words.append(f"{job.rows_done:,} of {count(job.rows, 'row')}")
    if job.attempt > 1:
        words.append(f"{job.attempt} attempts{f', the last one from {_moment(job.started)}' if job.started else ''}")
    return " · ".join(words)

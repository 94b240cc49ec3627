"""Addresses of the pages, and links between them."""

from __future__ import annotations

import streamlit as st

from core.schema import Job, JobState
from pages.parts.text import plain

OVERVIEW = "pages/overview/overview.py"
TABLES = "pages/tables/tables.py"
BATCH = "pages/inference/batch.py"
FINETUNE = "pages/training/finetune.py"
ADAPTERS = "pages/training/adapters.py"
COMPARE = "pages/training/compare.py"
HUB = "pages/hub/hub.py"
PUBLISH = "pages/hub/publish.py"
LOGITS = "pages/inspect/logits.py"
TOKENS = "pages/inspect/tokens.py"
METRICS = "pages/metrics/metrics.py"
DASHBOARDS = "pages/dashboards/dashboard.py"
DEMOS = "pages/demos/demos.py"
JOBS = "pages/jobs/jobs.py"
PLACE = "pages/place/place.py"
RUN = "run"  # in the address: the id of a run

TUNES = frozenset({"finetune", "search"})
"""Kinds of jobs that end with an adapter."""

STATE_LOOK = {
    JobState.QUEUED: ("gray", ":material/schedule:"),
    JobState.STARTING: ("blue", ":material/hourglass_top:"),
    JobState.RUNNING: ("blue", ":material/play_arrow:"),
    JobState.STOPPING: ("orange", ":material/hourglass_bottom:"),
    JobState.STOPPED: ("orange", ":material/stop_circle:"),
    JobState.FAILED: ("red", ":material/error:"),
    JobState.DONE: ("green", ":material/check_circle:"),
}


def state_badge(state: JobState) -> None:
    """The state as a word with an icon; the colour only underlines it."""
    color, icon = STATE_LOOK[state]
    st.badge(str(state), icon=icon, color=color)


def job_title(job: Job) -> str:
    """What a list calls a job: its table, or its kind where it has none. Safe in Markdown."""
    return plain(job.title or job.kind)


def run_link(job: Job, label: str | None = None, icon: str | None = None) -> None:
    """A link to the page of a run."""
    st.page_link(page_of(job.kind), label=label or job_title(job), icon=icon, query_params={"run": job.id})


def go_to_run(run_id: str, kind: str = "predict") -> None:
    """Opens the page of a run; its id is in the address, so the address can be kept and shared."""
    st.switch_page(page_of(kind), query_params={"run": run_id})


def page_of(kind: str) -> str:
    """The page that shows runs of a kind."""
    return FINETUNE if kind in TUNES else DEMOS if kind == "demo" else BATCH

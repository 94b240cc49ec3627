"""What can be done with a job: stop, resume, retry its failed rows, delete it. Only its owner sees these buttons."""

from __future__ import annotations

import streamlit as st

from core import jobs
from core.errors import SheetformerError
from core.runs import open_run
from core.schema import ACTIVE_STATES, Job, JobState
from pages.parts.links import job_title
from pages.parts.text import count
from pages.parts.visit import Visit, show_error

_PENDING = "action_error"


def buttons(visit: Visit, job: Job, *, failed_rows: int = 0, place: str) -> None:
    """A row of buttons for what the job's state allows.

    Args:
        failed_rows: how many rows of the result have an error; above none, they can be retried alone.
        place: makes the keys of the buttons unique on the page.
    """
    with st.container(horizontal=True, key=f"actions-{place}"):
        if job.state in ACTIVE_STATES:
            stop_button(visit, job, place=place)
        if job.state in (JobState.STOPPED, JobState.FAILED):
            _button("Resume", ":material/play_arrow:", "resume", visit, job, place)
        if failed_rows and job.state not in ACTIVE_STATES:
            _button(f"Retry {count(failed_rows, 'failed row')}", ":material/refresh:", "retry", visit, job, place)
        if job.state not in ACTIVE_STATES and st.button("Delete", icon=":material/delete:", key=f"delete-{place}"):
            confirm_delete(visit, job)
    show_last_error()


def failed_rows(visit: Visit, job: Job) -> int:
    """Rows of the run's result that carry an error; 0 where a damaged run cannot tell."""
    try:
        return int(open_run(visit.settings, job.id).summary().get("failed", 0))
    except SheetformerError:
        return 0


def stop_button(visit: Visit, job: Job, *, place: str, keeps: str = "The rows scored so far are kept, and the job can be resumed.") -> None:
    """Stops the job. Rows that are scored stay; the job can be resumed. Args: ``keeps``: what the button says of that."""
    stopping = job.state is JobState.STOPPING
    st.button(
        "Stopping…" if stopping else "Stop",
        icon=":material/stop:",
        key=f"stop-{place}",
        disabled=stopping,
        help=keeps,
        on_click=_act,
        args=("stop", visit, job.id),
    )


@st.dialog("Delete this job?", icon=":material/delete:")
def confirm_delete(visit: Visit, job: Job) -> None:
    """Deleting takes the run's result along; the table stays."""
    st.write(f"{job_title(job)}: its result, log and settings will be gone. The table it read stays.")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", key="confirm-delete"):
            _act("delete", visit, job.id)
            if st.query_params.get("run") == job.id:
                del st.query_params["run"]
            st.rerun()
        if st.button("Keep", key="cancel-delete"):
            st.rerun()


def show_last_error() -> None:
    """An action that failed says so once, after the page was drawn again."""
    error = st.session_state.pop(_PENDING, None)
    if error is not None:
        show_error(error)


def _button(label: str, icon: str, action: str, visit: Visit, job: Job, place: str) -> None:
    st.button(label, icon=icon, key=f"{action}-{place}", on_click=_act, args=(action, visit, job.id))


def _act(action: str, visit: Visit, job_id: str) -> None:
    """core decides whether the owner may do it; the page only hides what is pointless."""
    do = {"stop": jobs.stop, "resume": jobs.resume, "retry": jobs.retry, "delete": jobs.delete}[action]
    try:
        do(visit.settings, job_id, owner=visit.workspace)
    except SheetformerError as error:
        st.session_state[_PENDING] = error

"""The page of one run: its progress while it works, its results afterwards. Everything comes from the run's folder."""

from __future__ import annotations

import re
from types import ModuleType

import streamlit as st

from core import inference, jobs, tasks, training
from core.errors import NotFound, SheetformerError
from core.inference.measuring import label_map_in_force
from core.runs import RunFolder, has_current_result, open_run
from core.schema import ACTIVE_STATES, FinetuneSpec, Job, JobState, PredictSpec, SearchSpec, Spec, base_of
from pages.parts import links
from pages.parts.boards import pin_button
from pages.parts.results import result
from pages.parts.runs import actions, downloads, partial, progress
from pages.parts.text import count, plain
from pages.parts.tuning import finetune_view, search_view
from pages.parts.visit import Visit, errors_shown, show_error

COMMIT = re.compile(r"(@[0-9a-f]{12})[0-9a-f]{28}$")  # shown by its first letters, as everywhere


def show(visit: Visit, run_id: str) -> None:
    """Progress, then results. Who is not the owner came by a link: they may read and download, nothing else."""
    try:
        job = jobs.get(visit.settings, run_id)
    except NotFound as error:
        show_error(error)
        st.page_link(links.JOBS, label="Your jobs", icon=":material/list_alt:")
        return
    if job.kind == "demo":
        st.page_link(links.DEMOS, label="This is a demo: see it under Demos", icon=":material/slideshow:")
        return
    mine = job.owner == visit.workspace
    try:
        run = open_run(visit.settings, run_id)
        spec = run.spec()
    except SheetformerError as error:
        _damaged(visit, job, error, mine=mine)
        return
    _head(job, spec, mine=mine)
    view = {"finetune": finetune_view, "search": search_view}.get(spec.kind)
    if job.state in ACTIVE_STATES:
        progress.live(visit, run_id, mine=mine)
        view.live(run) if view else partial.live(visit, run, job)
        return
    if view:
        _tuned(visit, run, job, view, mine=mine)
        _how(run, spec)
        return
    _ended(visit, job, mine=mine)
    if has_current_result(run):
        pin_button.show(visit, run, job)
        shown = result.show(visit, run, job)
        downloads.show(lambda: run.result_path, job, cells=run.result_path, shown=shown)
        downloads.side(run, job)
        if mine and job.state is JobState.DONE:
            what = {"what": f"run:{run.id}"}
            st.page_link(links.PUBLISH, label="Publish it on the Hub", icon=":material/cloud_upload:", query_params=what)
    else:
        partial.show(visit, run, job)
    _how(run, spec)


def _tuned(visit: Visit, run: RunFolder, job: Job, view: ModuleType, *, mine: bool) -> None:
    """A fine-tune or a search that has ended: what it came to, and what can be done with it."""
    if job.state is JobState.STOPPED:
        st.warning(
            f"Stopped after {100 * job.rows_done / max(job.rows, 1):.0f} % of the training. {_kept(run)} Resume the job to go on.",
            icon=":material/stop_circle:",
        )
    elif job.state is JobState.FAILED:
        st.error(plain(job.error or "The job failed without a message; its log may say more.", 1_000), icon=":material/error:")
    pin_button.show(visit, run, job)
    view.show(run, mine=mine)
    if mine and job.state is not JobState.DONE:
        actions.buttons(visit, job, place="run")


def _kept(run: RunFolder) -> str:
    """What a stopped fine-tune left."""
    name = run.choices().get("adapter")
    return f"The best so far is kept as {plain(name)}." if name else "It had learned nothing yet."


def _damaged(visit: Visit, job: Job, error: SheetformerError, *, mine: bool) -> None:
    """A run whose folder is gone or unreadable: there is nothing to show, and its owner can still be rid of it."""
    _head(job, None, mine=mine)
    show_error(error)
    if mine:
        actions.buttons(visit, job, place="run")


def _head(job: Job, spec: Spec | None, *, mine: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(links.job_title(job), anchor=False, width="content")
        if job.state not in ACTIVE_STATES:  # the progress below says it, second by second
            links.state_badge(job.state)
        one = base_of(spec)
        if isinstance(one, PredictSpec | FinetuneSpec):
            model = COMMIT.sub(r"\1", one.model)
            st.caption(f"{plain(tasks.get(one.task).title)} ({plain(one.task)}) with {plain(model)}", width="content")
        st.page_link(links.page_of(job.kind), label="New fine-tune" if job.kind in links.TUNES else "New run", icon=":material/add:")
    if not mine:
        st.caption("Shared with you by its link: you can read and download it. Its owner can stop, resume or delete it.")


def _ended(visit: Visit, job: Job, *, mine: bool) -> None:
    if job.state is JobState.FAILED:
        st.error(plain(job.error or "The job failed without a message; its log may say more.", 1_000), icon=":material/error:")
    elif job.state is JobState.STOPPED:
        st.warning(
            f"Stopped after {job.rows_done:,} of {count(job.rows, 'row')}. These are partial results; resume the job to score the rest.",
            icon=":material/stop_circle:",
        )
    if mine:
        failed = actions.failed_rows(visit, job)
        if job.state is not JobState.DONE or failed:
            actions.buttons(visit, job, failed_rows=failed, place="run")


def _how(run: RunFolder, spec: Spec) -> None:
    """The command and the settings that give the same result again."""
    with st.expander("How this was made", icon=":material/terminal:"), errors_shown():
        if isinstance(spec, PredictSpec):
            same = spec.model_copy(update={"label_map": label_map_in_force(run, spec)})  # what labels mean may have been said after the run
            st.code(inference.command_line(same, spec.table.shown), language="bash", wrap_lines=True)
        elif isinstance(spec, FinetuneSpec | SearchSpec):
            one = base_of(spec)
            st.code(
                training.command_line(spec, one.table.shown, one.validation.shown if one.validation else None),
                language="bash",
                wrap_lines=True,
            )
        st.json(spec.model_dump(mode="json"), expanded=False)

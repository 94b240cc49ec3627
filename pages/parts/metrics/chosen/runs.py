"""Runs whose answers can be measured: scored tables, and the validation rows of fine-tunes and searches."""

from __future__ import annotations

import pyarrow.parquet as pq
import streamlit as st

from core import evaluation, jobs, tasks
from core.errors import NotFound, SheetformerError
from core.evaluation.kept import has_kept
from core.runs import RunFolder, has_current_result, open_run
from core.runs.result import output_names
from core.schema import FinetuneSpec, Job, PredictSpec, SearchSpec, Spec, finetune_of
from pages.parts import address, links
from pages.parts.metrics import computed
from pages.parts.metrics.chosen import column, listed
from pages.parts.metrics.chosen.source import Source
from pages.parts.text import count, option
from pages.parts.visit import Visit, show_error

KINDS = frozenset({"predict", *links.TUNES})
MOST_RUNS = 100  # newest ones whose spec is looked at


def measured_runs(visit: Visit) -> list[Job]:
    """The newest runs of this workspace whose answers can be measured: finished results, fine-tunes and searches."""
    scored = [job for job in jobs.list_jobs(visit.settings, owner=visit.workspace) if job.kind in KINDS]
    return [job for job in scored[:MOST_RUNS] if _is_measured(visit, job)]


def _is_measured(visit: Visit, job: Job) -> bool:
    try:
        run = open_run(visit.settings, job.id)
        spec = run.spec()
    except SheetformerError:  # a damaged run is listed under Jobs, where it can be deleted
        return False
    return _has_answers(run, spec) and not (isinstance(spec, PredictSpec) and not tasks.get(spec.task).truth_roles)


def _has_answers(run: RunFolder, spec: Spec) -> bool:
    """Whether a run has scored its table, or kept what its adapter says of its validation rows."""
    if finetune_of(spec) is not None:
        return has_kept(run)
    return isinstance(spec, PredictSpec) and has_current_result(run)


def names_label(spec: PredictSpec | FinetuneSpec | SearchSpec) -> bool:
    """Whether a run was told which column holds the user's own answers; a fine-tune always was."""
    return not isinstance(spec, PredictSpec) or any(role in spec.roles for role in tasks.get(spec.task).truth_roles)


def linked(visit: Visit) -> Job | None:
    """The run that the address names; who has its link may look at it, as on its own page."""
    wanted = st.query_params.get("run")
    if not wanted:
        return None
    try:
        return jobs.get(visit.settings, wanted)
    except NotFound as error:
        show_error(error)
        return None


def pick(visit: Visit, runs: list[Job]) -> Source | None:
    """One of these runs, and which column holds the labels where it was not told; ``None`` with words where there is nothing yet."""
    if not runs:
        st.info("There is no finished run yet. Start one, or choose an uploaded table.", icon=":material/info:")
        st.page_link(links.BATCH, label="Start a run", icon=":material/add:")
        return None
    job = listed.pick("Run", "run", runs, _run_words)
    for name in ("table", "prediction", "text", "answers"):
        address.put(name)
    address.put("run", job.id)
    run = open_run(visit.settings, job.id)
    links.run_link(job, label="Open the run", icon=":material/open_in_new:")
    spec = run.spec()
    if not isinstance(spec, PredictSpec | FinetuneSpec | SearchSpec) or not _has_answers(run, spec):
        found = f"run {job.id} is none"
        raise NotFound("a finished run that has scored a table or tuned a model", found, "Choose another run, or wait until it has ended.")
    label = None
    if names_label(spec):
        address.put("label")
    elif (label := _label(run)) is None:
        st.caption("The run was started without your own labels. Choose the column that holds them.")
        return None
    path, asked = computed.table_of_run(visit, run, label)
    key = job.id if label is None else f"{job.id}-{label}"
    table, command = spec.table.id if isinstance(spec, PredictSpec) else "", evaluation.command_of_run(job.id, label)
    return Source(key, job.title or job.id, path, asked, run, table, command)


def _label(run: RunFolder) -> str | None:
    """The column of the user's own answers, where the run names none: any that the task has not made."""
    schema = pq.read_schema(run.result_path)
    made = set(output_names(schema).values())
    names = [name for name in schema.names if name not in made]
    return column.pick(st.container(), names, run.id, "label", computed.suggested(run.result_path))


def _run_words(job: Job) -> str:
    rows = "validation rows" if job.kind in links.TUNES else count(job.rows, "row")
    return option(f"{job.title or job.kind} · {rows} · {job.id[:6]}")

"""Which result the Metrics page looks at: a scored table, a fine-tune's validation rows, or an uploaded table with predictions in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import evaluation, jobs, tables, tasks
from core.errors import BadInput, NotFound, SheetformerError
from core.evaluation.kept import has_kept
from core.evaluation.results import EvaluationSpec, Problem
from core.evaluation.which_rows import rows_of_table
from core.runs import RunFolder, has_current_result, open_run
from core.runs.result import output_names
from core.schema import FinetuneSpec, Job, PredictSpec
from pages.parts import address, links
from pages.parts.metrics import computed
from pages.parts.tables.sample import start_on_sample
from pages.parts.text import column_options, count, option
from pages.parts.visit import Visit, errors_shown, show_error

KINDS = {"run": "A run", "table": "An uploaded table"}
PARTS = {"prediction": "Prediction", "label": "Your label", "text": "Texts, if there are any"}
KIND, RUN, TABLE = "result-kind", "result-run", "result-table"
MOST_RUNS = 100  # newest ones whose spec is looked at
ANSWERS: dict[str, tuple[str, str, Problem | None]] = {
    "auto": ("As the cells look", "text-classification", None),
    "label": ("One label a row", "text-classification", "single"),
    "labels": ("Several labels a row", "text-classification", "multi"),
    "number": ("A number", "text-classification", "regression"),
    "answer": ("An answer from a text", "question-answering", "answers"),
    "text": ("A text", "summarization", "texts"),
}
"""What an uploaded table can hold predictions of: words, the task that makes them, and what kind they are."""


@dataclass(frozen=True)
class Source:
    """A result to look at.

    Attributes:
        key: names the result in the address and in the session.
        title: what the user calls it.
        path: the Parquet table with the predictions.
        spec: which of its columns is what.
        run: the folder of the run that made it, ``None`` for an uploaded table.
        table: SHA-256 of the table that was scored, or of the uploaded one; empty for the validation rows of a fine-tune.
        command: what equals it on the command line.
    """

    key: str
    title: str
    path: Path
    spec: EvaluationSpec
    run: RunFolder | None
    table: str
    command: str


def choose(visit: Visit) -> Source | None:
    """The result of the address, or the one that the user picks; ``None`` with words where there is none."""
    own = tables.list_tables(visit.settings, visit.workspace)
    runs = measured_runs(visit)
    linked = _linked(visit)
    if linked and linked.id not in {job.id for job in runs}:
        runs = [linked, *runs]
    if not own and not runs:
        _none_yet(visit)
        return None
    if KIND not in st.session_state:
        st.session_state[KIND] = "table" if "table" in st.query_params or not runs else "run"
    kind = st.radio("Result", list(KINDS), format_func=KINDS.__getitem__, key=KIND, horizontal=True, on_change=_another)
    with errors_shown():
        return _run(visit, runs) if kind == "run" else _table(own)
    return None


def measured_runs(visit: Visit) -> list[Job]:
    """The newest runs of this workspace whose answers can be measured: finished results, and fine-tunes with their validation rows."""
    scored = [job for job in jobs.list_jobs(visit.settings, owner=visit.workspace) if job.kind in ("predict", "finetune")]
    return [job for job in scored[:MOST_RUNS] if _is_measured(visit, job)]


def _is_measured(visit: Visit, job: Job) -> bool:
    try:
        run = open_run(visit.settings, job.id)
        spec = run.spec()
    except SheetformerError:  # a damaged run is listed under Jobs, where it can be deleted
        return False
    if isinstance(spec, FinetuneSpec):
        return has_kept(run)
    return isinstance(spec, PredictSpec) and bool(tasks.get(spec.task).truth_roles) and has_current_result(run)


def names_label(spec: PredictSpec | FinetuneSpec) -> bool:
    """Whether a run was told which column holds the user's own answers; a fine-tune always was."""
    return isinstance(spec, FinetuneSpec) or any(role in spec.roles for role in tasks.get(spec.task).truth_roles)


def _linked(visit: Visit) -> Job | None:
    """The run that the address names; who has its link may look at it, as on its own page."""
    wanted = st.query_params.get("run")
    if not wanted:
        return None
    try:
        return jobs.get(visit.settings, wanted)
    except NotFound as error:
        show_error(error)
        return None


def _run(visit: Visit, runs: list[Job]) -> Source | None:
    if not runs:
        st.info("There is no finished run yet. Start one, or choose an uploaded table.", icon=":material/info:")
        st.page_link(links.BATCH, label="Start a run", icon=":material/add:")
        return None
    known = {job.id: job for job in runs}
    address.take(RUN, "run", lambda run_id: known[run_id].id, default=runs[0].id)
    if st.session_state[RUN] not in known:
        st.session_state[RUN] = runs[0].id
    run_id = st.selectbox("Run", list(known), format_func=lambda each: _run_words(known[each]), key=RUN, on_change=_another)
    for name in ("table", "prediction", "text", "answers"):
        address.put(name)
    address.put("run", run_id)
    run = open_run(visit.settings, run_id)
    links.run_link(known[run_id], label="Open the run", icon=":material/open_in_new:")
    spec = run.spec()
    done = has_kept(run) if isinstance(spec, FinetuneSpec) else isinstance(spec, PredictSpec) and has_current_result(run)
    if not isinstance(spec, PredictSpec | FinetuneSpec) or not done:
        found = f"run {run_id} is none"
        raise NotFound("a finished run that has scored a table or tuned a model", found, "Choose another run, or wait until it has ended.")
    label = None
    if names_label(spec):
        address.put("label")
    elif (label := _label(run)) is None:
        st.caption("The run was started without your own labels. Choose the column that holds them.")
        return None
    path, asked = computed.table_of_run(visit, run, label)
    key = run_id if label is None else f"{run_id}-{label}"
    table, command = spec.table.id if isinstance(spec, PredictSpec) else "", evaluation.command_of_run(run_id, label)
    return Source(key, known[run_id].title or run_id, path, asked, run, table, command)


def _label(run: RunFolder) -> str | None:
    """The column of the user's own answers, where the run names none: any that the task has not made."""
    schema = pq.read_schema(run.result_path)
    made = set(output_names(schema).values())
    names = [name for name in schema.names if name not in made]
    return _column(st.container(), names, run.id, "label", computed.suggested(run.result_path))


def _run_words(job: Job) -> str:
    rows = "validation rows" if job.kind == "finetune" else count(job.rows, "row")
    return option(f"{job.title or job.kind} · {rows} · {job.id[:6]}")


def _table(own: list[tables.Table]) -> Source | None:
    """An uploaded table: which column holds the predictions, and which the truth."""
    if not own:
        st.info("There is no table yet. Upload one that has a column of predictions and a column of labels.", icon=":material/info:")
        st.page_link(links.TABLES, label="Upload a table", icon=":material/upload_file:")
        return None
    known = {table.id: table for table in own}
    address.take(TABLE, "table", lambda table_id: known[table_id].id, default=own[0].id)
    if st.session_state[TABLE] not in known:
        st.session_state[TABLE] = own[0].id
    table_id = st.selectbox("Table", list(known), format_func=lambda each: option(known[each].name), key=TABLE, on_change=_another)
    address.put("run")
    address.put("table", table_id)
    return _columns(known[table_id])


def _columns(table: tables.Table) -> Source | None:
    """Which column is what. What the names suggest is chosen at first."""
    guess = computed.suggested(table.path)
    places = iter([*st.columns(2, vertical_alignment="bottom"), *st.columns(2, vertical_alignment="bottom")])
    picked = {part: _column(next(places), table.columns, table.id, part, guess) for part in PARTS}
    key = f"result-answers-{table.id}"
    address.take(key, "answers", lambda word: list(ANSWERS)[list(ANSWERS).index(word)])
    with next(places):
        kind = st.selectbox("What a prediction is", list(ANSWERS), format_func=lambda each: ANSWERS[each][0], key=key, on_change=_another)
    address.put("answers", *([kind] if kind != "auto" else []))
    columns = {part: name for part, name in picked.items() if name is not None}
    if not {"prediction", "label"} <= columns.keys():
        st.caption("Choose the column with the predictions and the column with your own labels.")
        return None
    if columns["prediction"] == columns["label"]:
        found = f"{columns['label']!r} twice"
        raise BadInput("a column of predictions and another one of your own labels", found, "Choose another column for one of them.")
    more = {part: name for part, name in guess.items() if part not in PARTS and name not in columns.values()}
    _, task, problem = ANSWERS[kind]
    spec = EvaluationSpec(task=task, problem=problem, columns=more | columns, rows_are=rows_of_table(table.source))
    key, command = f"{table.id}-{kind}-{'-'.join(columns.values())}", evaluation.command_of_table(table.source, spec, guess)
    return Source(key, table.name, table.path, spec, None, table.id, command)


def _column(place: DeltaGenerator, names: list[str], result: str, part: str, guess: dict[str, str]) -> str | None:
    """One select box; the choice stands in the address where it is not what the names suggest.

    Args:
        result: id of the table or run that has these columns.
    """
    words, key = column_options(names), f"result-{part}-{result}"
    start = names.index(guess[part]) if guess.get(part) in names else None
    address.take(key, part, names.index, default=start)
    with place:
        at = st.selectbox(
            PARTS[part],
            range(len(names)),
            index=None,
            format_func=words.__getitem__,
            key=key,
            on_change=_another,
            placeholder="Choose a column",
        )
    address.put(part, *([names[at]] if at is not None and at != start else []))
    return None if at is None else names[at]


def _another() -> None:
    """What was looked at in one result means nothing in another."""
    address.clear()
    for name in ("run", "table", *PARTS, "answers"):
        address.put(name)


def _none_yet(visit: Visit) -> None:
    with st.container(border=True):
        st.write("There is no result to measure yet. Score a table that has a column of your own labels, or start with the sample.")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Score the sample", type="primary", icon=":material/play_arrow:"):
                with errors_shown(), st.spinner("Starting a run on the sample"):
                    links.go_to_run(start_on_sample(visit))
            st.page_link(links.TABLES, label="Upload a table with predictions", icon=":material/upload_file:")

"""From a table to a job: table, task, model, columns, options; then the estimate and one button."""

from __future__ import annotations

import streamlit as st

from core import inference, jobs, models, tables, tasks
from core.errors import SheetformerError
from core.schema import ModelEntry, PredictSpec, Role
from pages.parts import estimate, links, role_picker
from pages.parts.frames import grid
from pages.parts.option_controls import option_controls
from pages.parts.sample import import_sample
from pages.parts.text import count, option, plain, size
from pages.parts.visit import Visit, errors_shown, show_error

PREVIEW_ROWS = 8
UPLOADED = "uploaded_table"


def show(visit: Visit) -> None:
    """Draws the controls in reading order, the button, and a preview under it."""
    estimate.desk(visit.settings)  # the process that holds models starts while the user chooses
    own = tables.list_tables(visit.settings, visit.workspace)
    if not own:
        _no_table(visit)
        return
    first, second, third = st.columns(3)
    with first:
        table = _pick_table(visit, own)
    with second:
        task = _pick_task()
    with third:
        model = _pick_model(visit, task)
    if not table.rows:
        st.warning("This table has no rows, so there is nothing to score. Choose another one.", icon=":material/info:")
        return
    if model is None:
        return
    roles = role_picker.roles(table, task)
    label_map = role_picker.label_map(table, model, roles.get(Role.LABEL))
    options = option_controls(task, table.rows)
    try:
        spec = inference.make_spec(
            visit.settings,
            table,
            task=task.name,
            model=model.reference,
            roles=roles,
            options=options.task,
            label_map=label_map,
            precision=options.precision,
            limit=options.limit,
        )
    except SheetformerError as error:
        st.button("Score rows", type="primary", disabled=True, icon=":material/play_arrow:")
        show_error(error)
    else:
        _start(visit, table, spec)
    _preview(visit, table, list(roles.values()))


def _no_table(visit: Visit) -> None:
    with st.container(border=True):
        st.write("There is no table yet. Upload a spreadsheet, or start with the sample: a table of product reviews.")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Use the sample", type="primary", icon=":material/table:"):
                with errors_shown(), st.spinner("Reading the sample"):
                    import_sample(visit)
                    st.rerun()
            st.page_link(links.TABLES, label="Upload a spreadsheet", icon=":material/upload_file:")


def _pick_table(visit: Visit, own: list[tables.Table]) -> tables.Table:
    """The table of the address, or the newest."""
    ids = [table.id for table in own]
    named = {table.id: table for table in own}
    wanted = st.query_params.get("table")
    chosen = st.selectbox(
        "Table",
        ids,
        index=ids.index(wanted) if wanted in named else 0,
        format_func=lambda table_id: f"{option(named[table_id].name)} · {count(named[table_id].rows, 'row')}",
        key="table_choice",
    )
    st.query_params["table"] = chosen
    st.page_link(links.TABLES, label="Upload another", icon=":material/upload_file:")
    return named[chosen]


def _pick_task() -> tasks.Task:
    names = [task.name for task in tasks.all_tasks()]
    chosen = tasks.get(st.selectbox("Task", names, format_func=lambda name: tasks.get(name).title, key="task_choice"))
    st.caption(chosen.purpose)
    return chosen


def _pick_model(visit: Visit, task: tasks.Task) -> ModelEntry | None:
    entries = {entry.reference: entry for entry in models.list_models(visit.settings, task.name)}
    if not entries:
        st.warning("No model for this task is installed.", icon=":material/info:")
        return None
    chosen = entries[st.selectbox("Model", list(entries), format_func=lambda name: model_line(entries[name]), key="model_choice")]
    facts = [f"Labels: {', '.join(plain(label) for label in chosen.labels[:8])}" if chosen.labels else "", plain(chosen.summary, 300)]
    st.caption(". ".join(fact for fact in facts if fact) or plain(chosen.reference))
    return chosen


def model_line(entry: ModelEntry) -> str:
    """``Sentiment · 93 MB``, and where it has to be fetched from."""
    words = [option(entry.title)]
    if entry.size_bytes:
        words.append(size(entry.size_bytes))
    if entry.needs_hub:
        words.append("needs the Hub")
    return " · ".join(words)


def _start(visit: Visit, table: tables.Table, spec: PredictSpec) -> None:
    rows = min(spec.limit or table.rows, table.rows)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(f"Score {count(rows, 'row')}", type="primary", icon=":material/play_arrow:", key="score")
        with st.container(width="content"):
            estimate.show(visit, spec, table)
    with st.expander("The same from the command line", icon=":material/terminal:"):
        st.code(inference.command_line(spec, table.name), language="bash", wrap_lines=True)
    if pressed:
        with errors_shown():
            job = jobs.submit(visit.settings, spec, owner=visit.workspace, input_table=table.path, title=table.name)
            links.go_to_run(job.id)


def _preview(visit: Visit, table: tables.Table, used: list[str]) -> None:
    """The first rows, the columns in use first."""
    frame = table.head(PREVIEW_ROWS)
    ordered = list(dict.fromkeys([*used, *frame.columns]))
    st.subheader("Preview", anchor=False)
    grid(
        frame[ordered],
        alt=f"The first {len(frame)} of {count(table.rows, 'row')}; the chosen columns come first.",
        limit=visit.settings.max_shown_characters,
        key="preview",
    )

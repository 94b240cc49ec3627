"""From a table to a job: table, task, model, columns, options; then the estimate and one button."""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import inference, jobs, tables, tasks
from core.errors import SheetformerError
from core.schema import ModelEntry, PredictSpec, Role
from pages.parts import command, estimate, links
from pages.parts.batch import essentials, missing
from pages.parts.choices import model_picker, prompt_template, role_picker, table_picker, task_picker
from pages.parts.choices.option_controls import Chosen, option_controls
from pages.parts.frames import lines
from pages.parts.live import desk
from pages.parts.text import count, plain
from pages.parts.visit import Visit, errors_shown, show_error


def show(visit: Visit) -> None:
    """Draws the controls in reading order, the button, and a preview under it."""
    desk(visit.settings)  # the process that holds models starts while the user chooses
    own = tables.list_tables(visit.settings, visit.workspace)
    if not own:
        table_picker.none_yet(visit)
        return
    table, task, model, under_model = _pick(visit, own)
    if not table.rows:
        st.warning("This table has no rows, so there is nothing to score. Choose another one.", icon=":material/info:")
        return
    if model is None:
        return
    roles, options = _columns_and_options(table, task, model)
    lacks = missing.sentence(table, task, roles, options.task)
    if lacks:
        _wait(_rows(table, options), lacks)
    else:
        make = _maker(visit, table, task, model, roles, options)
        _offer(visit, table, _rows(table, options), model, make, under_model)
    table_picker.preview(visit, table, [*roles.values(), *prompt_template.named_columns(table, options.task.get("prompt_template", ""))])


def _pick(visit: Visit, own: list[tables.Table]) -> tuple[tables.Table, tasks.Task, ModelEntry | None, DeltaGenerator]:
    """Table, task and model in one line, and the place under the model."""
    first, second, third = st.columns(3)
    with first:
        table = table_picker.pick(own)
    with second:
        task = task_picker.pick([task.name for task in tasks.all_tasks()])
    with third:
        model = model_picker.pick(visit, task)
        if model is not None:
            where = {model_picker.MODEL: model.reference, task_picker.TASK: task.name}
            st.page_link(links.DEMOS, label="Try as a demo", icon=":material/slideshow:", query_params=where)
    return table, task, model, third


def _maker(
    visit: Visit, table: tables.Table, task: tasks.Task, model: ModelEntry, roles: dict[Role, str], options: Chosen
) -> Callable[..., PredictSpec]:
    """What makes the spec of this run, given the reference of its model."""
    return functools.partial(
        inference.make_spec,
        visit.settings,
        table,
        task=task.name,
        roles=roles,
        options=options.task,
        label_map=_label_map(table, task, model, roles, options),
        precision=options.precision,
        limit=options.limit,
        owner=visit.workspace,
    )


def _offer(
    visit: Visit, table: tables.Table, rows: int, model: ModelEntry, make: Callable[..., PredictSpec], under_model: DeltaGenerator
) -> None:
    """The estimate and the button, or why this model cannot be asked."""
    try:
        reference = model_picker.at_hand(model)
        if model.reference.startswith("adapter:") and model_picker.offer(visit, model) is None:
            _button(rows, disabled=True)  # the base is missing, and a spec names its weights
            return
        spec = make(model=reference) if reference else None
    except SheetformerError as error:
        _button(rows, disabled=True)
        show_error(error)
        return
    if spec is not None:
        with under_model:
            model_picker.limits(visit, spec)
    _start(visit, table, rows, spec, model, make)


def _columns_and_options(table: tables.Table, task: tasks.Task, model: ModelEntry) -> tuple[dict[Role, str], Chosen]:
    """Which column is what, the essential options beside the columns, and the others folded away."""
    places = lines(3)
    read = role_picker.pick(table, task, role_picker.read_roles(task), places)
    beside = essentials.narrow(task, model, places)
    before = st.container()  # drawn when the columns under it are known: the values of a label column are offered as labels
    roles = read | role_picker.pick(table, task, role_picker.other_roles(task), lines(4))
    with before:
        beside |= essentials.wide(table, task, model, roles)
    return roles, option_controls(task, table.rows, names=essentials.names_for(task, model), set_before=beside)


def _label_map(table: tables.Table, task: tasks.Task, model: ModelEntry, roles: dict[Role, str], options: Chosen) -> dict[str, str]:
    """What the values of the label column mean, said before the run; the labels may be the user's own."""
    labels = task.labels(tuple(model.labels), task.Options.model_validate(options.task))
    return role_picker.label_map(table, labels, roles.get(Role.LABEL), known=not model.needs_hub)


def _wait(rows: int, lacks: str) -> None:
    """The button, off, with what is missing beside it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        _button(rows, disabled=True)
        st.caption(f":material/arrow_upward: {plain(lacks, 300)}", width="content")


def _start(
    visit: Visit, table: tables.Table, rows: int, spec: PredictSpec | None, model: ModelEntry, make: Callable[..., PredictSpec]
) -> None:
    """The button and what it will cost. Without a ``spec`` the model has to be fetched: that happens on the press, not before."""
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = _button(rows)
        with st.container(width="content"):
            if spec is not None:
                estimate.show(visit, spec, table)
            else:
                st.caption(f":material/cloud_download: {model_picker.to_fetch(model)} It is fetched once, when you start.")
    if pressed:
        with errors_shown():
            if spec is None:
                with st.spinner(f"Fetching {model_picker.named(model)} from the Hub"):
                    spec = make(model=model.reference)
            job = jobs.submit(visit.settings, spec, owner=visit.workspace, input_table=table.path, title=table.name)
            links.go_to_run(job.id)
    if spec is not None:
        command.show(inference.command_line(spec, table.source.shown))


def _rows(table: tables.Table, options: Chosen) -> int:
    """Rows that a run would score."""
    return min(options.limit or table.rows, table.rows)


def _button(rows: int, *, disabled: bool = False) -> bool:
    return st.button(f"Score {count(rows, 'row')}", type="primary", icon=":material/play_arrow:", key="score", disabled=disabled)

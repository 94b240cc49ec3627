"""From a table with labels to a fine-tune: table, task, model, name; then columns, preset, validation rows, dials and the start."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from core import models, tables, tasks, training
from core.schema import ModelEntry
from core.training.choices.presets import rows_to_learn
from core.training.choices.spec_making import make_dials
from pages.parts.adapters import naming
from pages.parts.choices import model_picker, prompt_template, table_picker, task_picker
from pages.parts.text import plain
from pages.parts.tuning import columns as tuning_columns
from pages.parts.tuning import dials as tuning_dials
from pages.parts.tuning import file, split, start, words
from pages.parts.tuning import options as tuning_options
from pages.parts.tuning import search as tuning_search
from pages.parts.visit import Visit, errors_shown

WRITERS = frozenset({"summarization", "translation", "text2text-generation"})
BASES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **{name: frozenset({"feature-extraction", name}) for name in ("text-classification", "token-classification", "question-answering")},
        **dict.fromkeys(WRITERS, frozenset({"text2text-generation"})),  # an encoder that chooses sentences learns none
    }
)
"""What a model is for that can be tuned for a task; for a task that is not named, the task itself."""


def show(visit: Visit) -> None:
    """Draws the controls in reading order, what was found in the labels, and the button."""
    own = tables.list_tables(visit.settings, visit.workspace)
    if not own:
        table_picker.none_yet(visit)
        return
    table, task, model, name = _pick(visit, own)
    if model is None:
        return
    before = file.before()
    columns = st.container()  # filled when the options under them are known: a template may stand in the place of a column
    options = tuning_options.pick(table, task, before)
    with columns:
        roles, reading = tuning_columns.pick(table, task, before, options)
    preset = tuning_dials.pick_preset(before)
    plan = st.empty()  # filled when the rows and the dials under it are known, and again when the rows are counted
    measured = split.pick(table, own, before, words.words_for(task.name))
    rows = rows_to_learn(table.rows, roles, measured.split, validation=measured.table is not None)
    dials, seed = tuning_dials.pick(preset, before, task.name, rows)
    with plan.container(), errors_shown():
        st.caption(training.plan_line(make_dials(preset, dials, rows), rows))
    file.show(visit, name, preset=preset, dials=dials, split=measured.split, seed=seed, options=options, **reading)
    search = tuning_search.pick(visit.settings)
    lacks = tuning_columns.lacks(table, task, roles, options) or measured.lacks or tuning_search.lacks(search)
    if lacks:
        start.wait(lacks)
    else:
        with errors_shown():
            spec = training.make_spec(
                visit.settings,
                table,
                owner=visit.workspace,
                task=task.name,
                model=model.reference,
                roles=roles,
                name=name,
                preset_name=preset,
                dials=dials,
                split=measured.split,
                validation=measured.table,
                options=options,
                seed=seed,
                **reading,
            )
            counted = start.show(visit, table, tuning_search.applied(visit.settings, spec, search), measured.table)
            if counted:
                plan.caption(training.plan_line(spec.dials, counted))
    read = prompt_template.named_columns(table, options.get("prompt_template", ""))
    table_picker.preview(visit, table, [*roles.values(), *read])


def _pick(visit: Visit, own: list[tables.Table]) -> tuple[tables.Table, tasks.Task, ModelEntry | None, str]:
    """Table, task, model and the adapter's name, in one line; no name where no model can be tuned."""
    first, second, third, fourth = st.columns(4)
    with first:
        table = table_picker.pick(own)
    with second:
        task = task_picker.pick(training.TASKS)
    with third:
        model = _pick_model(visit, task)
    if model is None:
        return table, task, None, ""
    with fourth:
        proposed = naming.proposed(visit, table.name.rpartition(".")[0] or table.name, "mine")
        name = st.text_input("Name", value=proposed, key=f"adapter-{table.id[:16]}", max_chars=96)
        st.caption("You choose it by this name when you score a table.")
    return table, task, model, name


def _pick_model(visit: Visit, task: tasks.Task) -> ModelEntry | None:
    """Whole models that are on this machine; an adapter is not tuned again."""
    good = BASES.get(task.name, frozenset({task.name}))
    entries = {
        entry.reference: entry
        for entry in models.list_models(visit.settings, owner=visit.workspace)
        if good & set(entry.tasks) and not entry.needs_hub and _is_whole(entry)
    }
    if not entries:
        st.warning("No model that can be tuned is installed.", icon=":material/info:")
        return None
    chosen = entries[st.selectbox("Model to tune", list(entries), format_func=lambda reference: model_picker.line(entries[reference]))]
    st.caption(plain(chosen.summary) or plain(chosen.reference))
    return chosen


def _is_whole(entry: ModelEntry) -> bool:
    kind = entry.reference.partition(":")[0]
    return kind != "adapter" and (kind != "embedded" or "feature-extraction" in entry.tasks)

"""Options without which a task means nothing: they stand beside the columns, not folded away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import tables, tasks
from core.schema import ModelEntry, Role
from pages.parts.choices import prompt_template
from pages.parts.choices.option_controls import control, key_of

ESSENTIAL: dict[str, tuple[str, ...]] = {
    "zero-shot-classification": ("labels", "multi_label"),
    "question-answering": ("question_text",),
    "feature-extraction": ("clusters", "near_duplicates", "similar"),
    "fill-mask": ("targets",),
    "summarization": ("sentences", "max_new_tokens"),
    "translation": ("source_language", "target_language"),
    "text2text-generation": ("prefix", "max_new_tokens"),
    "text-generation": ("prompt_template", "max_new_tokens"),
}
"""Options of a task to show first, in reading order."""

WIDE = ("labels", "multi_label", "prompt_template")
"""These take a line of their own."""

EXTRACTIVE = ("sentences", "max_length")
"""The options of a summary that is made of the text's own sentences."""

OFFERED_LABELS = 50


def names_for(task: tasks.Task, model: ModelEntry | None) -> list[str]:
    """The options that mean something for this model."""
    names = list(task.Options.model_fields)
    if "sentences" not in names or model is None:
        return names
    extracts = task.auto_class_for(model.tasks) != task.auto_class
    return [name for name in names if (name in EXTRACTIVE if extracts else name != "sentences")]


def narrow(task: tasks.Task, model: ModelEntry | None, places: Iterator[DeltaGenerator]) -> dict[str, Any]:
    """Controls that stand in line with the columns, each in the next place; returns name to value."""
    chosen = {}
    for name in _names(task, model):
        if name not in WIDE:
            with next(places):
                chosen[name] = control(key_of(task, name), name, task.Options.model_fields[name])
    return chosen


def wide(table: tables.Table, task: tasks.Task, model: ModelEntry | None, roles: Mapping[Role, str]) -> dict[str, Any]:
    """Controls that take a line of their own; returns name to value."""
    return {name: _wide(table, task, name, roles) for name in _names(task, model) if name in WIDE}


def _names(task: tasks.Task, model: ModelEntry | None) -> list[str]:
    known = names_for(task, model)
    return [name for name in ESSENTIAL.get(task.name, ()) if name in known]


def _wide(table: tables.Table, task: tasks.Task, name: str, roles: Mapping[Role, str]) -> Any:
    field = task.Options.model_fields[name]
    if name == "multi_label":
        return control(key_of(task, name), name, field)
    if name == "prompt_template":
        return prompt_template.edit(table, key=key_of(task, name), help_text=field.description)
    return _labels(table, key_of(task, name), field.description, roles.get(Role.LABEL))


def _labels(table: tables.Table, key: str, help_text: str | None, column: str | None) -> tuple[str, ...]:
    """Names of the user's own; the values of a label column are offered."""
    values = [] if column is None else [str(value) for value in table.column_values(column, OFFERED_LABELS) if value not in (None, "")]
    chosen = st.multiselect(
        "Labels to choose among",
        list(dict.fromkeys([*values, *st.session_state.get(key, [])])),
        accept_new_options=True,
        filter_mode="prefix",  # a new label that is like an old one stays a new label
        placeholder="Type a label and press Enter" + (", or choose values of your label column" if values else ""),
        help=help_text,
        key=key,
    )
    return tuple(dict.fromkeys(name.strip() for name in chosen if name.strip()))

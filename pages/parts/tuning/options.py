"""The options of a task that decide what a fine-tune learns; how an answer is written later is chosen when a table is scored."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import streamlit as st
from pydantic import JsonValue, ValidationError

from core import tables, tasks
from pages.parts.choices import prompt_template
from pages.parts.choices.option_controls import control, key_of, label_of
from pages.parts.frames import lines
from pages.parts.text import plain
from pages.parts.tuning.file import Before

TEMPLATE = "prompt_template"
DECIDE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "question-answering": ("question_text", "handle_no_answer"),
        "summarization": ("prefix",),
        "translation": ("source_language", "target_language", "prefix"),
        "text2text-generation": ("prefix",),
        "text-generation": (TEMPLATE, "chat", "system_prompt"),
    }
)
"""What changes the texts that a model learns from, in reading order."""


def pick(table: tables.Table, task: tasks.Task, before: Before) -> dict[str, JsonValue]:
    """The options that differ from the task's own; those of a file that have no control here are kept."""
    fields, saved = task.Options.model_fields, _saved(task, before)
    names, chosen = DECIDE.get(task.name, ()), dict(saved)
    places = lines(3)
    for name in names:
        key = before.key(key_of(task, name))
        if name == TEMPLATE:
            st.session_state.setdefault(key, str(saved.get(name, "")))
            chosen[name] = prompt_template.edit(table, key=key, help_text=fields[name].description)
            continue
        field = copy.copy(fields[name])
        field.default = saved.get(name, field.default)
        with next(places):
            chosen[name] = control(key, name, field)
    _say({name: value for name, value in saved.items() if name not in names})
    return {name: value for name, value in chosen.items() if value != fields[name].default}


def _saved(task: tasks.Task, before: Before) -> dict[str, Any]:
    """The options of the file that this task has; a file may have been saved for another one."""
    given = before.file.options if before.file else {}
    known = {name: value for name, value in given.items() if name in task.Options.model_fields}
    unknown = [name for name in given if name not in known]
    try:
        task.Options.model_validate(known)
    except ValidationError:
        known, unknown = {}, list(given)
    if unknown:
        names = ", ".join(plain(name) for name in unknown)
        st.caption(f":material/info: The settings name options that {plain(task.title)} cannot take, which are left out: {names}.")
    return known


def _say(others: Mapping[str, Any]) -> None:
    if others:
        st.caption(f"From the settings: {'; '.join(f'{label_of(name)}: {plain(value)}' for name, value in others.items())}.")

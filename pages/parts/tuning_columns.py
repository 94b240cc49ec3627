"""What a fine-tune learns from: which column is what, and how a column of labels is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import streamlit as st

from core import tables, tasks
from core.schema import Role
from pages.parts import missing, role_picker
from pages.parts.frames import lines
from pages.parts.tuning_file import Before

CLASSES = "text-classification"
NOT_LEARNED = frozenset({Role.GROUP, Role.TIME, Role.ID})
LEARNED = "What the model is to learn."
ONE_KIND = ("single_label_classification", "regression")
PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "auto": "As the column looks",
        "single_label_classification": "One label",
        "multi_label_classification": "Several labels",
        "regression": "A number",
    }
)


def uses(task: tasks.Task) -> list[tasks.RoleUse]:
    """The roles that a training reads, needed ones first: the user's own answers are what is learned, so they are needed here."""
    read = [use for use in task.roles if use.role not in NOT_LEARNED]
    asked = [replace(use, required=True, help=LEARNED) if use.truth else replace(use, unless="") for use in read]
    return sorted(asked, key=lambda use: not use.required)


def pick(table: tables.Table, task: tasks.Task, before: Before) -> tuple[dict[Role, str], dict[str, str]]:
    """Columns by their roles; and ``problem`` and ``separator``, for the task that has classes."""
    places = lines(3)
    roles = role_picker.pick(table, task, uses(task), places)
    if task.name != CLASSES:
        return roles, {}
    saved = before.file
    with next(places):
        problem = st.selectbox(
            "A row has",
            list(PROBLEMS),
            index=list(PROBLEMS).index(saved.problem) if saved else 0,
            format_func=PROBLEMS.__getitem__,
            key=before.key("problem"),
        )
    with next(places):
        separator = st.text_input(
            "Between several labels",
            value=saved.separator if saved else "",
            key=before.key("separator"),
            max_chars=10,
            placeholder="Only where a cell holds several, such as ;",
            disabled=problem in ONE_KIND,
        )
    return roles, {"problem": problem, "separator": separator}


def lacks(task: tasks.Task, roles: Mapping[Role, Any]) -> str | None:
    """Which columns are still to be chosen, in a sentence."""
    open_ = [use for use in uses(task) if use.required and use.role not in roles and use.instead not in roles]
    if not open_:
        return None
    return f"Choose {' and '.join(missing.NEEDS.get(use.role, f'a column for {use.role}') for use in open_)}."

"""What a fine-tune learns from: which column is what, and how a column of labels is to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import streamlit as st

from core import tables, tasks
from core.schema import Role
from core.training.objectives import objective_of
from pages.parts.batch import missing
from pages.parts.choices import role_picker
from pages.parts.frames import lines
from pages.parts.tuning.file import Before

CLASSES = "text-classification"
NOT_LEARNED = frozenset({Role.GROUP, Role.TIME, Role.ID})
LEARNED = "What the model is to learn."
TEXTS_LEARNED = "What the model is to write. Without this column it learns the prompts themselves, as texts to go on with."
SENTENCE = {Role.ID: "Sentence"}
SENTENCE_HELP = "Only where each row holds one word: the column that says to which sentence it belongs."
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
    """The roles that a training reads, needed ones first: the user's own answers are what is learned, so most tasks need them here."""
    objective = objective_of(task.name)
    needed = objective.lacks(task, ()) is not None
    truth = {"required": needed, "help": LEARNED if needed else TEXTS_LEARNED}
    asked = [replace(use, **truth) if use.truth else use for use in task.roles if use.role not in NOT_LEARNED]
    named = [replace(use, help=SENTENCE_HELP) for use in task.roles if use.role in SENTENCE and use.role in objective.naming]
    return sorted(asked, key=lambda use: not use.required) + named


def pick(table: tables.Table, task: tasks.Task, before: Before, options: Mapping[str, Any]) -> tuple[dict[Role, str], dict[str, str]]:
    """Columns by their roles; and ``problem`` and ``separator``, for the task that has classes."""
    places = lines(3)
    roles = role_picker.pick(table, task, uses(task), places, options=options, named=SENTENCE)
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


def lacks(table: tables.Table, task: tasks.Task, roles: Mapping[Role, str], options: Mapping[str, Any]) -> str | None:
    """What is still to be chosen or cannot be, in a sentence."""
    open_ = [
        use for use in uses(task) if use.required and not options.get(use.unless) and use.role not in roles and use.instead not in roles
    ]
    if len(open_) < 2:
        return missing.sentence(table, task, roles, options) or _columns(open_) or _one_column(roles)
    return _columns(open_)


def _one_column(roles: Mapping[Role, str]) -> str | None:
    """A label that is the text itself."""
    label = roles.get(Role.LABEL)
    if label is None or label not in (column for role, column in roles.items() if role != Role.LABEL):
        return None
    return f"Choose another column of labels: {label} is what the model reads, so there would be nothing to learn."


def _columns(open_: Sequence[tasks.RoleUse]) -> str | None:
    if not open_:
        return None
    return f"Choose {' and '.join(missing.NEEDS.get(use.role, f'a column for {use.role}') for use in open_)}."

"""Which column is what for a task, suggested from the table's content; and what the user's labels mean to the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import metrics, tables, tasks
from core.schema import Role
from pages.parts.choices.option_controls import key_of
from pages.parts.results import label_meaning
from pages.parts.text import column_options, count, plain

DISTINCT_LABELS = 200
ROLE_WORDS = {
    Role.TEXT: "Text",
    Role.TEXT_PAIR: "Second text",
    Role.QUESTION: "Question",
    Role.CONTEXT: "Text to search",
    Role.ANSWER: "Your answer",
    Role.TOKENS: "Word list",
    Role.TAGS: "Your tags",
    Role.PROMPT: "Prompt",
    Role.TARGET: "Your own text",
    Role.LABEL: "Your label",
    Role.GROUP: "Group",
    Role.TIME: "Date",
    Role.ID: "Row name",
}


def read_roles(task: tasks.Task) -> list[tasks.RoleUse]:
    """The roles that decide an answer."""
    return [use for use in task.roles if use.content and not use.truth]


def other_roles(task: tasks.Task) -> list[tasks.RoleUse]:
    """The roles that measure answers, break them down or name rows."""
    return [use for use in task.roles if not use.content or use.truth]


def pick(
    table: tables.Table,
    task: tasks.Task,
    uses: Sequence[tasks.RoleUse],
    places: Iterator[DeltaGenerator],
    *,
    options: Mapping[str, Any] | None = None,
    named: Mapping[Role, str] | None = None,
) -> dict[Role, str]:
    """A picker for each of these roles, the suggestion chosen, each in the next place.

    Args:
        options: of the task, where they are known; else those of the controls of :mod:`option_controls`.
        named: roles that are called otherwise here. They are the user's to choose: nothing is suggested for them.
    """
    suggested, chosen, named = _suggested(table, task), {}, named or {}
    for use in uses:
        suggestion = None if use.role in named else suggested.get(use.role)
        with next(places):
            column = _column(table, use, suggestion, name=named.get(use.role), replaced=_is_replaced(task, use, options))
        if column is not None:
            chosen[use.role] = column
    return chosen


def _suggested(table: tables.Table, task: tasks.Task) -> dict[Role, str]:
    """A column for each role that the content tells of."""
    # A second content column changes every answer: it is the user's to choose, however well a column fits.
    # Where the labels are the user's to name, a column of labels may be about something else than these.
    own = {Role.LABEL} if "labels" in task.Options.model_fields else set()
    needs = [use.role for use in task.roles if (use.required or use.truth or not use.content) and use.role not in own]
    others = {use.instead: use.role for use in task.roles if use.instead}
    found = tables.suggest_roles(table, [*others, *needs])
    for other, usual in others.items():  # lists of words are taken before texts only where no column is text
        found.pop(usual if other in found and not tables.suggest_roles(table, [usual]) else other, None)
    return found


def _is_replaced(task: tasks.Task, use: tasks.RoleUse, options: Mapping[str, Any] | None) -> bool:
    """Whether an option stands in the place of the column, and no row needs one of its own."""
    if use.role is not Role.PROMPT or not use.unless:
        return False
    said = st.session_state.get(key_of(task, use.unless)) if options is None else options.get(use.unless)
    return bool((said or "").strip())


def label_map(table: tables.Table, labels: Sequence[str], column: str | None, *, known: bool = True) -> dict[str, str]:
    """For each value of the label column that is no label of the model, what it means; chosen by the user.

    Args:
        labels: the possible answers.
        known: whether these are known before the model is fetched.
    """
    if column is None or (known and not labels):
        return {}
    if not labels:
        st.caption("The labels of this model are known once it is fetched. After the run, its page lets you say what yours mean.")
        return {}
    values = tables_values(table, column)
    unmatched = metrics.match_labels(values, list(labels), {}).unmatched
    if not unmatched:
        return {}
    names = ", ".join(plain(label) for label in labels)
    with st.expander(f"{count(len(unmatched), 'value')} of your label column differ from the model's labels ({names})", expanded=True):
        st.caption("Say what each one means. What is left out is counted and takes no part in the metrics.")
        meant = label_meaning.pickers(list(unmatched), labels, key=column)
        left = len(unmatched) - label_meaning.MAPPED_LABELS
        if left > 0:
            st.caption(f"{count(left, 'more value')} {'is' if left == 1 else 'are'} left out. The command line maps any number of them.")
        return meant


def tables_values(table: tables.Table, column: str) -> list[str | None]:
    """The distinct values of a column, as texts."""
    return [None if value is None else str(value) for value in table.column_values(column, DISTINCT_LABELS)]


def _column(
    table: tables.Table, use: tasks.RoleUse, suggestion: str | None, *, name: str | None = None, replaced: bool = False
) -> str | None:
    """A picker of a column; its number in the table is the option, so that no name of a column can be taken for 'none'.

    Args:
        name: in the place of the usual one for this role.
        replaced: something else stands in its place; the picker is off.
    """
    columns = table.columns
    words = column_options(columns)
    needed = use.required and not (use.unless or use.instead)  # an option or another column may stand in its place
    options = [*range(len(columns))] if needed else [None, *range(len(columns))]
    index = options.index(columns.index(suggestion)) if suggestion in columns else (None if needed else 0)
    number = st.selectbox(
        name or ROLE_WORDS.get(use.role, use.role.replace("_", " ").capitalize()),
        options,
        index=index,
        format_func=lambda number: "None" if number is None else words[number],
        placeholder="Choose a column",
        help=use.help,
        key=f"role-{table.id[:16]}-{use.role}",
        disabled=replaced,
    )
    return None if number is None or replaced else columns[number]

"""A prompt made of columns: written in a box, with the names to insert and the prompt of the first row under it."""

from __future__ import annotations

import streamlit as st

from core import tables
from core.tasks.writing.templates import OPEN, Template
from pages.parts.text import column_options, cut, visible

HEIGHT = 110
SHOWN_CHARACTERS = 2_000


def edit(table: tables.Table, *, key: str, help_text: str | None) -> str:
    """The template as the user has it; empty where the prompt is a column."""
    text_box, insert_box = st.columns([2, 1])
    with insert_box:
        _insert(table, key)
    with text_box:
        text = st.text_area(
            "Prompt template",
            key=key,
            height=HEIGHT,
            help=help_text,
            placeholder="Write the prompt and insert columns, or leave this empty and choose a column of prompts.",
        )
    if text.strip():
        _first_row(table, text)
    return text if text.strip() else ""


def problem(table: tables.Table, text: str) -> str | None:
    """Why this template cannot be filled, in a sentence; ``None`` where it can."""
    try:
        template = Template.parse(text)
    except ValueError as error:
        said = str(error)
        return f"{said[:1].upper()}{said[1:]}."
    unknown = next((column for column in template.distinct if column not in table.columns), None)
    return None if unknown is None else f"The template names {OPEN}{unknown}}}}}, which is no column of this table."


def _insert(table: tables.Table, key: str) -> None:
    """A box that writes the name of a column at the end of the template."""
    columns, chooser = list(table.columns), f"{key}-insert"
    words = column_options(columns)

    def write() -> None:
        number = st.session_state[chooser]
        if number is not None:
            before = st.session_state.get(key) or ""
            space = " " if before and not before[-1].isspace() else ""
            st.session_state[key] = f"{before}{space}{OPEN}{columns[number]}}}}}"
            st.session_state[chooser] = None

    st.selectbox(
        "Insert a column",
        range(len(columns)),
        index=None,
        format_func=words.__getitem__,
        placeholder="Choose a column",
        key=chooser,
        on_change=write,
        help="Its name goes to the end of the template, between double braces; each row's own cell takes its place.",
    )


def _first_row(table: tables.Table, text: str) -> None:
    if problem(table, text) is not None:
        return
    template, head = Template.parse(text), table.head(1)
    if head.empty:
        return
    cells = {column: _cell(head[column].iloc[0]) for column in template.distinct}
    with st.container(border=True):
        st.caption("The prompt of row 1")
        shown = cut(template.fill(cells), SHOWN_CHARACTERS)
        st.text("\n".join(visible(line) for line in shown.split("\n")))


def _cell(value: object) -> str:
    return "" if value is None or value != value else str(value)


def named_columns(table: tables.Table, text: str) -> list[str]:
    """The columns that a template reads, for a preview; none where it cannot be read."""
    return list(Template.parse(text).distinct) if text and problem(table, text) is None else []

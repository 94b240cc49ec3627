"""An uploaded table with predictions and labels in it."""

from __future__ import annotations

import streamlit as st

from core import evaluation, tables
from core.errors import BadInput
from core.evaluation.results import EvaluationSpec, Problem
from core.evaluation.which_rows import rows_of_table
from pages.parts import address, links
from pages.parts.metrics import computed
from pages.parts.metrics.chosen import column, listed
from pages.parts.metrics.chosen.source import Source
from pages.parts.text import option

ANSWERS: dict[str, tuple[str, str, Problem | None]] = {
    "auto": ("As the cells look", "text-classification", None),
    "label": ("One label a row", "text-classification", "single"),
    "labels": ("Several labels a row", "text-classification", "multi"),
    "number": ("A number", "text-classification", "regression"),
    "answer": ("An answer from a text", "question-answering", "answers"),
    "text": ("A text", "summarization", "texts"),
}
"""What an uploaded table can hold predictions of: words, the task that makes them, and what kind they are."""


def pick(own: list[tables.Table]) -> Source | None:
    """An uploaded table: which column holds the predictions, and which the truth."""
    if not own:
        st.info("There is no table yet. Upload one that has a column of predictions and a column of labels.", icon=":material/info:")
        st.page_link(links.TABLES, label="Upload a table", icon=":material/upload_file:")
        return None
    table = listed.pick("Table", "table", own, lambda each: option(each.name))
    address.put("run")
    address.put("table", table.id)
    return _columns(table)


def _columns(table: tables.Table) -> Source | None:
    """Which column is what. What the names suggest is chosen at first."""
    guess = computed.suggested(table.path)
    places = iter([*st.columns(2, vertical_alignment="bottom"), *st.columns(2, vertical_alignment="bottom")])
    picked = {part: column.pick(next(places), table.columns, table.id, part, guess) for part in column.PARTS}
    key = f"result-answers-{table.id}"
    address.take(key, "answers", lambda word: list(ANSWERS)[list(ANSWERS).index(word)])
    with next(places):
        kind = st.selectbox(
            "What a prediction is",
            list(ANSWERS),
            format_func=lambda each: ANSWERS[each][0],
            key=key,
            on_change=column.another,
        )
    address.put("answers", *([kind] if kind != "auto" else []))
    columns = {part: name for part, name in picked.items() if name is not None}
    if not {"prediction", "label"} <= columns.keys():
        st.caption("Choose the column with the predictions and the column with your own labels.")
        return None
    if columns["prediction"] == columns["label"]:
        found = f"{columns['label']!r} twice"
        raise BadInput("a column of predictions and another one of your own labels", found, "Choose another column for one of them.")
    more = {part: name for part, name in guess.items() if part not in column.PARTS and name not in columns.values()}
    _, task, problem = ANSWERS[kind]
    spec = EvaluationSpec(task=task, problem=problem, columns=more | columns, rows_are=rows_of_table(table.source))
    key, command = f"{table.id}-{kind}-{'-'.join(columns.values())}", evaluation.command_of_table(table.source, spec, guess)
    return Source(key, table.name, table.path, spec, None, table.id, command)

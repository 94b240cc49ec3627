"""Which rows measure a fine-tune."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from core import tables
from core.schema import Split
from pages.parts.text import column_options, plain
from pages.parts.tuning_file import Before

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "stratified": "By chance, every label alike",
        "random": "By chance",
        "group": "Whole groups",
        "time": "The newest rows",
        "column": "As a column says",
    }
)
BY_CHANCE = ("stratified", "random")


def pick(table: tables.Table, before: Before) -> Split:
    """The split, folded away: by chance with every label alike is right for most tables."""
    saved = before.file.split if before.file else Split()
    percent = min(99, max(1, round(saved.share * 100)))
    with st.expander("Validation rows", icon=":material/call_split:"):
        st.caption("These rows are not learned from: they choose the best moment of the training and give its figures.")
        first, second, third = st.columns(3)
        method = first.selectbox(
            "Chosen", list(METHODS), index=list(METHODS).index(saved.method), format_func=METHODS.__getitem__, key=before.key("split")
        )
        shown = second.slider(
            "Share",
            1,
            99,
            percent,
            format="%d %%",
            key=before.key("share"),
            disabled=method == "column",
        )
        number = third.selectbox(
            "By the column",
            range(len(table.columns)),
            format_func=column_options(table.columns).__getitem__,
            index=table.columns.index(saved.column) if saved.column in table.columns else None,
            placeholder="Choose a column",
            key=before.key(f"split-{table.id[:16]}"),
            disabled=method in BY_CHANCE,
        )
        if saved.column and saved.column not in table.columns:
            st.caption(f":material/info: The settings name the column {plain(saved.column)}, which this table does not have.")
    column = table.columns[number] if number is not None and method not in BY_CHANCE else ""
    return Split(method=method, share=saved.share if shown == percent else shown / 100, column=column)  # a file may say 12.5 %

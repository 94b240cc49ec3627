"""What somebody who has nothing here yet is told: three things to do, a line each."""

from __future__ import annotations

import streamlit as st

ROWS = (
    (
        ":material/label: Score a table",
        "Bring a spreadsheet and name the column with the texts. Every row gets a label, and how sure the model is.",
    ),
    (
        ":material/schedule: Come back any time",
        "A run goes on without you: close the page, and its address brings you back. It can be stopped and resumed.",
    ),
    (
        ":material/download: Take the result with you",
        "CSV, XLSX, Parquet or JSONL, with your own columns untouched and the answers beside them.",
    ),
)


def what_one_can_do() -> None:
    """The three rows, titles in a column of their own; on a narrow screen each stands above its line."""
    with st.container(border=True, gap="small"):
        for title, line in ROWS:
            left, right = st.columns([1, 3], gap="small", vertical_alignment="center")
            left.markdown(f"**{title}**")
            right.caption(line)

"""What somebody who has nothing here yet is told: three things to do, a line each."""

from __future__ import annotations

import streamlit as st

ROWS = (
    (
        ":material/label: Score a table",
        "Name the column with the texts: every row gets a label, and how sure the model is.",
    ),
    (
        ":material/schedule: Come back any time",
        "Close the page and the run goes on; its address brings you back.",
    ),
    (
        ":material/download: Take the result with you",
        "CSV, XLSX, Parquet or JSONL: your columns untouched, the answers beside them.",
    ),
)


def what_one_can_do() -> None:
    """The three rows, titles in a column of their own; on a narrow screen each stands above its line."""
    with st.container(border=True, gap="small"):
        for title, line in ROWS:
            left, right = st.columns([2, 5], gap="small", vertical_alignment="center")
            left.markdown(f"**{title}**")
            right.caption(line)

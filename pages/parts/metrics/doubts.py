"""Rows to doubt: where the model is most wrong, and where your label may be."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.parts.metrics import computed, downloads, rows
from pages.parts.metrics.look import Look
from pages.parts.text import count, message


def worst(look: Look) -> None:
    """The rows that are most wrong, the worst first."""
    found = computed.worst_rows(*look.asked)
    if found.why_not or not found.rows:
        st.info(message(found.why_not or "No compared row is wrong."), icon=":material/info:")
        return
    st.caption(f"In order of: {message(found.measure)}. {count(found.wrong, 'row')} wrong in all.")
    more: dict[str, list[object]] = {"Wrong by": [round(row.loss, 4) for row in found.rows]}
    if any(row.probability is not None for row in found.rows):
        more["Probability of your label"] = [row.probability for row in found.rows]
    rows.show(look, [row.row for row in found.rows], "The worst rows", "worst", more)
    downloads.numbers(lambda: pd.DataFrame([row.model_dump() for row in found.rows]), "worst", look.source)


def label_errors(look: Look) -> None:
    """The rows whose own label looks wrong, the most suspicious first."""
    found = computed.label_errors(*look.asked)
    if found.why_not:
        st.info(message(found.why_not), icon=":material/info:")
        return
    st.caption(f"{message(found.method)}. {count(found.found, 'label')} of {found.checked:,} checked may be wrong.")
    for note in found.notes:
        st.caption(message(note))
    if not found.rows:
        st.success("No label looks wrong.", icon=":material/check_circle:")
        return
    more = {
        "Suggested label": [row.suggested for row in found.rows],
        "Probability of yours": [round(row.probability, 4) for row in found.rows],
        "Of the suggested": [round(row.suggested_probability, 4) for row in found.rows],
    }
    rows.show(look, [row.row for row in found.rows], "Labels that may be wrong", "label-errors", more)
    downloads.numbers(lambda: pd.DataFrame([row.model_dump() for row in found.rows]), "label-errors", look.source)

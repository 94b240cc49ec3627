"""Rows without a prediction, grouped by what happened to them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.runs.query import ResultQuery
from pages.parts.frames import grid
from pages.parts.visit import Visit

KINDS = {"failed": "Failed", "skipped": "Skipped", "waiting": "Waiting"}


def show(visit: Visit, query: ResultQuery) -> None:
    """One line per cause: how many rows, and the first of them."""
    found = query.failures()
    if found.empty:
        st.caption("Every row has a prediction.")
        return
    frame = pd.DataFrame(
        {
            "What": found["kind"].map(lambda kind: KINDS.get(kind, kind)),
            "Why": found["error"],
            "Rows": found["rows"],
            "First row of the table": found["first_row"] + 1,
        }
    )
    grid(frame, alt="Rows without a prediction, grouped by cause.", limit=visit.settings.max_shown_characters, key="failures")
    st.caption("A failed row never fails the run. Failed rows can be scored again on their own; skipped ones have nothing to score.")

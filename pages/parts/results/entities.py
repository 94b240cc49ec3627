"""The entities of all rows: which ones come most often, of which type, in how many rows."""

from __future__ import annotations

import streamlit as st

from core.runs.query import ResultQuery
from pages.parts.frames import grid
from pages.parts.text import count
from pages.parts.visit import Visit

SHOWN = 200
COUNTS = {"items": "Times", "rows": "Rows"}


def show(visit: Visit, query: ResultQuery) -> None:
    """The most frequent entities, the spelling as the texts have it."""
    found = query.items("entities", ("text", "label"), SHOWN)
    if found.empty:
        st.caption("No row has an entity.")
        return
    different = count(len(found), "different entity", "different entities")
    most = f"The {SHOWN} most frequent entities" if len(found) == SHOWN else f"All {different}"
    st.caption(f"{most}, as they are written in the texts.")
    grid(
        found.rename(columns={"text": "Entity", "label": "Type", **COUNTS}),
        alt=f"The most frequent entities: {count(len(found), 'row')} with how often and in how many rows each stands.",
        limit=visit.settings.max_shown_characters,
        config={name: st.column_config.NumberColumn(name, width="small") for name in COUNTS.values()},
        key="entities-grid",
    )

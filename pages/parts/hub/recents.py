"""Repositories that this workspace has looked at, and the star that keeps one."""

from __future__ import annotations

import streamlit as st

from core import hub
from core.errors import SheetformerError
from pages.parts.hub.search import DATA_SETS, KIND, REPOSITORY
from pages.parts.text import count, plain
from pages.parts.visit import Visit, errors_shown

SHOWN = 8


def note(visit: Visit, kind: str, name: str) -> None:
    """Remembers a repository. A disk that is full is no reason to show nothing of it."""
    try:
        hub.note_recent(visit.settings, visit.workspace, "datasets" if kind == DATA_SETS else "models", name)
    except SheetformerError as error:
        st.caption(f"It is not kept among the recent ones: {plain(error.found, 300)}")


def star(visit: Visit, kind: str, name: str) -> None:
    """The star of the repository that is looked at."""
    known = next((one for one in hub.read_recent(visit.settings, visit.workspace) if (one.kind, one.id) == (kind, name)), None)
    starred = known is not None and known.starred
    words = "Not a favourite any more" if starred else "A favourite: first among the recent ones"
    if st.button(":material/star:" if starred else ":material/star_outline:", key="star-repository", help=words):
        with errors_shown():
            hub.star(visit.settings, visit.workspace, known.kind if known else "models", name, not starred)
            st.rerun()


def show(visit: Visit) -> None:
    """Favourites, then the last ones; a press opens one."""
    recent = hub.read_recent(visit.settings, visit.workspace)
    if not recent:
        return
    with st.expander(f"Favourite and recent: {count(len(recent), 'repository', 'repositories')}", icon=":material/history:"):
        for one in recent[:SHOWN] if not st.session_state.get("all-recent") else recent:
            icon = ":material/star:" if one.starred else ":material/dataset:" if one.kind == "datasets" else ":material/neurology:"
            query = {REPOSITORY: one.id, KIND: one.kind}
            if st.button(plain(one.id), icon=icon, key=f"recent-{one.kind}-{one.id}", type="tertiary"):
                st.query_params.from_dict(query)
                st.rerun()
        if len(recent) > SHOWN and not st.session_state.get("all-recent") and st.button("Show all", key="recent-all"):
            st.session_state["all-recent"] = True
            st.rerun()

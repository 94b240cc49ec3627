"""The page This place: a row for each fact, then the limits and the versions."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd
import streamlit as st

from core import place
from pages.parts.frames import grid
from pages.parts.text import count, plain
from pages.parts.visit import Visit
from pages.parts.workspace import shared_by_all

HOSTS = MappingProxyType(
    {
        place.Host.SPACE: "A Space on the Hugging Face Hub",
        place.Host.COMMUNITY_CLOUD: "Streamlit Community Cloud",
        place.Host.CONTAINER: "A container",
        place.Host.MACHINE: "A machine of your own",
    }
)
STATES = MappingProxyType(
    {
        "good": (":material/check_circle:", ""),
        "limited": (":material/error:", "limited"),
        "off": (":material/block:", "off"),
    }
)
ASKED_KEY = "place-asked-the-hub"


def facts(visit: Visit) -> None:
    """Where this is, and what it means; the Hub is asked only when somebody presses the button."""
    found = place.describe(visit.settings, shared=shared_by_all(visit.settings))
    held = [_inside(fact.subject) for fact in found.facts if fact.state != "good"]
    st.subheader(HOSTS[found.host], anchor=False)
    st.write(f"Limited here: {', '.join(held)}." if held else "Nothing here holds anything back.")
    with st.container(border=True, gap="small"):
        for fact in found.facts:
            _row(fact)
        if st.session_state.get(ASKED_KEY):
            with st.spinner("Asking the Hub"):
                _row(place.hub_fact(visit.settings))
        else:
            _unasked()


def _inside(subject: str) -> str:
    """A subject within a sentence."""
    return subject if subject.isupper() else subject[0].lower() + subject[1:]


def _row(fact: place.Fact) -> None:
    left, right = st.columns([2, 5], gap="small")
    icon, word = STATES[fact.state]
    left.markdown(f"{icon} **{fact.subject}**" + (f" ({word})" if word else ""))
    with right.container(gap=None):
        st.markdown(plain(fact.found, limit=300))
        st.caption(plain(fact.meaning, limit=500))


def _unasked() -> None:
    left, right = st.columns([2, 5], gap="small", vertical_alignment="center")
    left.markdown(":material/help: **Hub** (not asked)")
    right.button("Ask whether the Hub answers", key=ASKED_KEY, icon=":material/cloud_sync:")


def limits(visit: Visit) -> None:
    """The numbers and switches in force, those that somebody changed first."""
    found = sorted(place.limits(visit.settings), key=lambda limit: not limit.changed)
    changed = sum(limit.changed for limit in found)
    with st.expander(f"{count(len(found), 'limit')} in force, {changed:,} changed from the default", icon=":material/tune:"):
        st.caption("Each is an environment variable of the server: SHEETFORMER_ and the name in capitals.")
        frame = pd.DataFrame(
            {
                "limit": [limit.name for limit in found],
                "in force": [_said(limit.value) for limit in found],
                "changed": ["yes" if limit.changed else "" for limit in found],
                "what it is": [limit.meaning for limit in found],
            }
        )
        grid(frame, alt=f"{count(len(found), 'limit')} with the value in force.", limit=visit.settings.max_shown_characters)


def _said(value: float | bool | str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else f"{value:,}"


def versions() -> None:
    """What answers depend on."""
    with st.expander("Versions", icon=":material/deployed_code:"):
        found = place.versions()
        frame = pd.DataFrame({"package": list(found), "version": list(found.values())})
        st.dataframe(frame, hide_index=True, width="content", alt="Versions of Python and of the packages that answers depend on")

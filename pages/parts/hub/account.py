"""Whose token speaks to the Hub: of this workspace, in the server's memory only."""

from __future__ import annotations

import streamlit as st

from core import hub
from core.workspaces import LOCAL
from pages.parts.text import plain
from pages.parts.visit import Visit, errors_shown

TOKENS_PAGE = "https://huggingface.co/settings/tokens"


@st.cache_resource(show_spinner=False)
def tokens() -> hub.Tokens:
    """The tokens of this server's workspaces."""
    return hub.Tokens()


def token_of(visit: Visit) -> str | None:
    """The workspace's own token. The server's speaks where everybody who can reach the server is its owner."""
    own = tokens().of(visit.workspace)
    if own is not None:
        return own.value
    return hub.from_environment() if visit.workspace == LOCAL else None


def signed_in(visit: Visit) -> str:
    """The user who signed in from this workspace; empty where nobody did."""
    own = tokens().of(visit.workspace)
    return own.user if own else ""


def show(visit: Visit) -> None:
    """Who is signed in, or the field to do so."""
    user = signed_in(visit)
    if user:
        line, button = st.columns([4, 1], vertical_alignment="center")
        line.caption(f":material/account_circle: Signed in to the Hub as **{plain(user)}**. The token is in the server's memory only.")
        if button.button("Sign out", key="hub-sign-out"):
            tokens().drop(visit.workspace)
            st.rerun()
        return
    with st.expander("Sign in for private and gated models, and to publish", icon=":material/login:"):
        if visit.workspace == LOCAL and hub.from_environment():
            st.caption("Until you sign in, HF_TOKEN of this server speaks for you.")
        with st.form("hub-sign-in", clear_on_submit=True, border=False):
            given = st.text_input(
                "Access token", type="password", help=f"Made at {TOKENS_PAGE}. A token that may only read is enough to fetch."
            )
            asked = st.form_submit_button("Sign in")
        if asked and given.strip():
            with errors_shown():
                found = hub.owner_of(visit.settings, given.strip())
                tokens().hold(visit.workspace, hub.Token(given.strip(), found))
                st.rerun()

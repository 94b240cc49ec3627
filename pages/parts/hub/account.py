"""Whose token speaks to the Hub: of this workspace, in the server's memory only."""

from __future__ import annotations

from types import MappingProxyType

import streamlit as st

from core import hub
from core.hub.oauth import START
from core.workspaces import LOCAL
from pages.parts.text import duration, plain
from pages.parts.visit import Visit, errors_shown

TOKENS_PAGE = "https://huggingface.co/settings/tokens"
WHERE = "The token is in the server's memory only."
FOR = "Sign in for private and gated models and data sets, and to publish"
MAY = f"Made at {TOKENS_PAGE}. One that may only read is enough for models and data sets; to publish it must be one that may write."
TAB = (
    "It opens a tab of its own and holds there. In a frame on huggingface.co it does not hold: browsers keep the frame and the tab apart, "
    "their tables too, so work in the tab."
)
OUTCOME, DENIED, FAILED, NO_COOKIE = "sign-in", "denied", "failed", "no-cookie"
OUTCOMES = MappingProxyType(
    {
        DENIED: "The Hub was told no: nobody is signed in. Everything that needs no sign-in works.",
        FAILED: "The sign-in did not work, or its time was over. Try again; if it happens again, the server's log says why.",
        NO_COOKIE: "This browser sends no cookies here, so nobody can be signed in. Allow them for this site, then try again.",
    }
)
"""What is said of a sign-in that came to nothing. An address chooses among these words and adds none."""


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
    """Who is signed in, or the ways to do so."""
    own = tokens().of(visit.workspace)
    if own is not None:
        until = f", for another {duration(own.ends - tokens().now())}" if own.ends is not None else ""
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.caption(f":material/account_circle: Signed in to the Hub as **{plain(own.user)}**{until}. {WHERE}", width="content")
            if st.button("Sign out", key="hub-sign-out", help="Stops what is under way with the token. What has come stays."):
                _sign_out(visit)
                st.rerun()
        return
    if words := OUTCOMES.get(st.query_params.get(OUTCOME, "")):
        st.warning(words, icon=":material/login:")
    provider = hub.provider() if visit.workspace != LOCAL else None
    if provider is not None:
        st.link_button("Sign in with Hugging Face", provider.origin + START, icon=":material/login:", key="hub-oauth")
        st.caption(TAB)
    _by_token(visit, "Sign in with a token instead" if provider is not None else FOR)


def _sign_out(visit: Visit) -> None:
    """Forgets the token, also in the processes that were given it: what they have done stays and goes on after another sign-in."""
    from pages.parts.hub.fetches import fetches  # both ask this file for tokens
    from pages.parts.publish.pushes import pushes

    tokens().drop(visit.workspace)
    fetches().sign_out(visit.workspace)
    pushes().sign_out(visit.workspace)


def _by_token(visit: Visit, label: str) -> None:
    """The field for a token."""
    with st.expander(label, icon=":material/login:"):
        if visit.workspace == LOCAL and hub.from_environment():
            st.caption("Until you sign in, HF_TOKEN of this server speaks for you.")
        with st.form("hub-sign-in", clear_on_submit=True, border=False):
            given = st.text_input("Access token", type="password")
            st.caption(MAY)
            asked = st.form_submit_button("Sign in")
        if asked and given.strip():
            with errors_shown():
                found = hub.owner_of(visit.settings, given.strip())
                tokens().hold(visit.workspace, hub.Token(given.strip(), found))
                st.rerun()

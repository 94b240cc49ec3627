"""What the Hub says of a repository, kept for a moment for whoever asks the same as the same user."""

from __future__ import annotations

import streamlit as st

from core import publish
from core.settings import Settings

KEPT, SECONDS_KEPT = 50, 20


@st.cache_data(
    show_spinner="Asking the Hub…", max_entries=KEPT, ttl=SECONDS_KEPT, hash_funcs={Settings: lambda settings: str(settings.home)}
)
def state(settings: Settings, kind: publish.Kind, name: str, user: str, _token: str | None) -> publish.State:
    """A repository as it is now."""
    return publish.state(settings, kind, name, token=_token)


@st.cache_data(
    show_spinner="Asking the Hub…", max_entries=KEPT, ttl=SECONDS_KEPT, hash_funcs={Settings: lambda settings: str(settings.home)}
)
def versions(settings: Settings, kind: publish.Kind, name: str, user: str, _token: str | None) -> list[publish.Version]:
    """Its commits, newest first."""
    return publish.versions(settings, kind, name, token=_token)


@st.cache_data(show_spinner="Comparing…", max_entries=KEPT, hash_funcs={Settings: lambda settings: str(settings.home)})
def compared(settings: Settings, kind: publish.Kind, name: str, old: str, new: str, user: str, _token: str | None) -> publish.Differences:
    """What two of its commits have not in common, which never changes."""
    return publish.compare(settings, kind, name, old, new, token=_token)


def forget() -> None:
    """A push has ended: what was said before may be over."""
    state.clear()
    versions.clear()

"""One of several results, by its id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from core.schema import Job
from core.tables import Table
from pages.parts import address
from pages.parts.metrics.chosen.column import another

One = TypeVar("One", Job, Table)


def pick(title: str, name: str, own: Sequence[One], words: Callable[[One], str]) -> One:
    """The one that the address names, else the first; the choice stands in the session under ``result-`` and its name.

    Args:
        title: of the control.
        name: in the address.
        own: at least one, in the order of the list.
        words: what one is called in the list.
    """
    known, key = {each.id: each for each in own}, f"result-{name}"
    address.take(key, name, lambda given: known[given].id, default=own[0].id)
    if st.session_state[key] not in known:
        st.session_state[key] = own[0].id
    return known[st.selectbox(title, list(known), format_func=lambda given: words(known[given]), key=key, on_change=another)]

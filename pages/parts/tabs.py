"""Tabs that can be read in both themes.

Streamlit writes the open tab's name in the primary colour, which has to be dark enough for the white text of a button: on a dark page
it is too dark to read. Names get the theme's grey for text instead; the line under the open one stays.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts import address


def tab_label(name: str) -> str:
    """A tab's name as Streamlit keeps it."""
    return f":gray[{name}]"


def tabs(names: Sequence[str], *, key: str, parameter: str | None = None) -> dict[str, DeltaGenerator]:
    """A container for each name, whose ``open`` says whether it is the one on top; switching draws the page again.

    Args:
        parameter: of the address, where the open tab is kept.
    """
    words = {name.casefold().replace(" ", "-"): name for name in names}
    if parameter:
        address.take(key, parameter, lambda word: tab_label(words[word]))
    shelves = dict(zip(names, st.tabs([tab_label(name) for name in names], key=key, on_change="rerun"), strict=True))
    if parameter:
        address.put(parameter, *(word for word, name in words.items() if shelves[name].open and name != names[0]))
    return shelves

"""Which column holds what, for results whose run does not say it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts import address
from pages.parts.text import column_options

PARTS = {"prediction": "Prediction", "label": "Your label", "text": "Texts, if there are any"}


def pick(place: DeltaGenerator, names: list[str], result: str, part: str, guess: dict[str, str]) -> str | None:
    """One select box; the choice stands in the address where it is not what the names suggest.

    Args:
        result: id of the table or run that has these columns.
    """
    words, key = column_options(names), f"result-{part}-{result}"
    start = names.index(guess[part]) if guess.get(part) in names else None
    address.take(key, part, names.index, default=start)
    with place:
        at = st.selectbox(
            PARTS[part],
            range(len(names)),
            index=None,
            format_func=words.__getitem__,
            key=key,
            on_change=another,
            placeholder="Choose a column",
        )
    address.put(part, *([names[at]] if at is not None and at != start else []))
    return None if at is None else names[at]


def another() -> None:
    """When another result or column is picked: what was looked at in one means nothing in another."""
    address.clear()
    for name in ("run", "table", *PARTS, "answers"):
        address.put(name)

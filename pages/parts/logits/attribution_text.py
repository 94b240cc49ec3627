"""A text with a value for each of its words: a colour and a number with its sign, so that the colour never stands alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.choices import role_picker
from pages.parts.highlight import Mark, marked
from pages.parts.text import plain

RAISES, LOWERS = "blue", "orange"  # told apart by eyes that do not tell red from green
FAINT = 0.15  # of the strongest value; what is below it is not marked
MOST_LISTED = 30


def show(texts: Mapping[str, str], units: Sequence[Mapping[str, Any]]) -> None:
    """Each text in a frame, with its words marked; words whose place is not known are listed."""
    strongest = max((abs(unit["value"]) for unit in units), default=0.0)
    for name, text in texts.items():
        mine = [unit for unit in units if unit["cell"] == name]
        if not mine:
            continue
        with st.container(border=True):
            if len(texts) > 1:
                st.caption(plain(role_picker.ROLE_WORDS.get(name, name)))
            if all(unit["start"] >= 0 for unit in mine):
                st.markdown(marked(text, marks(mine, strongest)))
            else:
                _listed(mine, strongest)
    st.caption(
        f":{RAISES}-background[blue **+**] raises the number, :{LOWERS}-background[orange **−**] lowers it. "
        f"The others move it by less than {FAINT:.0%} of what the strongest does."
    )


def marks(units: Sequence[Mapping[str, Any]], strongest: float) -> list[Mark]:
    """A mark for each unit that matters; units that share a place, as the bytes of one character do, share a mark with their sum."""
    places: dict[tuple[int, int], float] = {}
    for unit in units:
        place = unit["start"], unit["end"]
        places[place] = places.get(place, 0.0) + unit["value"]
    return [
        Mark(start, end, written(value), RAISES if value > 0 else LOWERS)
        for (start, end), value in places.items()
        if strongest and abs(value) >= FAINT * strongest
    ]


def written(value: float) -> str:
    """A value with its sign, two digits."""
    return f"{value:+.2g}".replace("-", "−")


def _listed(units: Sequence[Mapping[str, Any]], strongest: float) -> None:
    strong = [unit for unit in units if strongest and abs(unit["value"]) >= FAINT * strongest][:MOST_LISTED]
    st.markdown(
        " ".join(
            f":{RAISES if unit['value'] > 0 else LOWERS}-background[{plain(unit['text'])} :small[**{plain(written(unit['value']))}**]]"
            for unit in strong
        )
    )

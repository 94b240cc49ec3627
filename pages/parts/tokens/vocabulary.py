"""The vocabulary of a tokenizer, searched."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.inspect.tokens import Matches
from core.inspect.tokens.explain import KIND_NAMES
from core.inspect.tokens.vocabulary import CONTAINS, EXACT, ID, LONGEST_QUERY, STARTS
from pages.parts import address
from pages.parts.frames import grid
from pages.parts.text import count, plain
from pages.parts.tokens import marks
from pages.parts.tokens.ask import Chosen, ask, save_button
from pages.parts.visit import Visit, errors_shown

QUERY, WAY, WHICH = "vocabulary-query", "vocabulary-way", "vocabulary-of"
WAYS = {CONTAINS: "Contains", STARTS: "Starts with", EXACT: "Is exactly", ID: "Has the id"}


def show(visit: Visit, chosen: Chosen) -> None:
    """A search, and the entries that match."""
    left, middle, right = st.columns([2, 1, 1], vertical_alignment="bottom")
    address.take(QUERY, "q", str)
    address.take(WAY, "way", {way: way for way in WAYS}.__getitem__, default=CONTAINS)
    query = left.text_input("Search", key=QUERY, type="search", placeholder="A word, a piece or a number", max_chars=LONGEST_QUERY)
    way = middle.selectbox("Entry", list(WAYS), format_func=WAYS.__getitem__, key=WAY)
    model = right.selectbox("Of", chosen.models, key=WHICH) if len(chosen.models) > 1 else chosen.models[0]
    address.put("q", *([query] if query else []))
    address.put("way", *([way] if way != CONTAINS else []))
    with errors_shown():
        found = Matches.model_validate(ask(visit, chosen, model, "vocabulary", query=query or "", way=way))
        _answer(found)


def _answer(found: Matches) -> None:
    st.markdown(f"**{count(found.total, 'entry matches', 'entries match')}** of {found.tokenizer.vocabulary:,}.")
    if not found.entries:
        st.caption("A word that is no entry is read in pieces: type it under Text to see which.")
        return
    if found.total > len(found.entries):
        st.caption(f"The first {len(found.entries):,} are listed (token_matches).")
    frame = pd.DataFrame([entry.model_dump() for entry in found.entries])
    shown = pd.DataFrame(
        {"Id": frame["id"], "Entry": frame["token"], "Reads": frame["reads"].map(marks.cell), "Kind": frame["kind"].map(KIND_NAMES)}
    )
    grid(shown, alt=f"{count(len(frame), 'entry', 'entries')} of the vocabulary that match.", limit=200, key="vocabulary-grid")
    save_button(frame, "vocabulary", key="vocabulary-csv")
    special = ", ".join(f"{plain(token, 40)} ({role})" for token, role in found.tokenizer.special.items())
    st.caption(f"Control tokens: {special or 'none'}.")

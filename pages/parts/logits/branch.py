"""The text with another token at one place, and how the model goes on from there."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.schema import LookSpec
from pages.parts import address, numbers
from pages.parts.figures import draw
from pages.parts.logits import looking
from pages.parts.logits.tokens import offered as named
from pages.parts.logits.tokens import table_rows
from pages.parts.text import count, plain
from pages.parts.visit import Visit

NEW = 30
GREEDY, DRAWN = "The likeliest tokens", "Drawn by the seed"
WAYS = {"likeliest": GREEDY, "drawn": DRAWN}


def show(visit: Visit, look: LookSpec, place: int, offered: list[dict[str, Any]], found: dict[str, Any]) -> None:
    """Controls for a branch from ``place``, and the branch once it was asked for.

    Args:
        offered: tokens that can be put there.
        found: the surprisal view of the whole text.
    """
    st.subheader("Branch from here", anchor=False)
    choices = {one["id"]: one for one in offered or found["after"]}
    _from_address(visit, place, choices)
    first, second, third, fourth = st.columns([2, 1, 1.4, 1], vertical_alignment="bottom")
    with first:
        token = st.selectbox("Put in", list(choices), format_func=lambda one: named(choices[one]), key=f"branch-token-{place}")
    with second:
        most = visit.settings.max_written_tokens
        new = st.number_input("New tokens", 1, most, min(NEW, most), key="branch-new")
    with third:
        way = st.selectbox("Go on with", list(WAYS), format_func=WAYS.__getitem__, key="branch-way")
    with fourth:
        seed = st.number_input(
            "Seed", 0, 2**32 - 1, 0, key="branch-seed", disabled=way != "drawn", help="The same seed draws the same text."
        )
    wanted = f"{place}-{token}-{new}" + (f"-{seed}" if way == "drawn" else "")
    if st.button("Continue", type="primary", icon=":material/alt_route:"):
        st.session_state["branch"] = wanted
    if st.session_state.get("branch") != wanted:
        address.put("branch")
        return
    address.put("branch", wanted)
    _draw(visit, look.model_copy(update={"seed": int(seed)}), place=place, token=token, new=int(new), sample=way == "drawn")


def _from_address(visit: Visit, place: int, choices: dict[int, Any]) -> None:
    """Sets the controls to the branch that the address names: ``place-token-new`` and a seed where it was drawn."""
    said = st.query_params.get("branch", "")
    steps = said.split("-")
    if "branch" in st.session_state or len(steps) not in (3, 4) or not all(step.isdecimal() for step in steps):
        return
    at, token, new, *seed = map(int, steps)
    if at != place or token not in choices or not 1 <= new <= visit.settings.max_written_tokens or any(one >= 2**32 for one in seed):
        return
    st.session_state.update({"branch": said, f"branch-token-{place}": token, "branch-new": new})
    st.session_state["branch-way"] = "drawn" if seed else "likeliest"
    if seed:
        st.session_state["branch-seed"] = seed[0]


def _draw(visit: Visit, look: LookSpec, **arguments: Any) -> None:
    branch = looking.ask(visit, "branch", look, **arguments)
    tokens = branch["tokens"]
    ending = "The model ended the text itself." if branch["ended"] else f"Stopped after {count(len(tokens) - 1, 'new token')}."
    before, text = branch["before"], branch["text"]
    with st.container(border=True):
        st.text(text)
        st.caption(plain(f"{ending} The first {len(before):,} characters are the text's own.") if text.startswith(before) else ending)
    strip = charts.surprisal_strip(tokens, model="The branch", perplexity=None)
    draw(strip, "branch-strip")
    numbers.offer(pd.DataFrame(table_rows(tokens)), f"branch-{arguments['place']}-{arguments['token']}")

"""A text under a causal language model: a strip of its tokens by surprisal, and what else could stand at each place."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.schema import LookSpec
from pages.parts import address, numbers
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.logits import branch, lens, looking
from pages.parts.logits.tokens import headed, line, table_rows
from pages.parts.tabs import tabs
from pages.parts.text import count
from pages.parts.visit import Visit, errors_shown

ALTERNATIVES = 10
TILE_PIXELS = 150
DRAWN = 120  # tokens of a strip at once: more would be a wall
TOKEN = "logits-token"
ONE, EVERY, LAYERS = "One token", "Every token", "Layers"


def show(visit: Visit, look: LookSpec) -> None:
    """The strip, the token that is looked at, and two more ways to look."""
    found = looking.ask(visit, "surprisal", look, top=ALTERNATIVES)
    tokens = found["tokens"]
    chosen = _chosen(found)
    address.put("token", str(chosen))
    _figures(found)
    first = _page_of_tokens(len(tokens), chosen)
    strip = charts.surprisal_strip(tokens[first : first + DRAWN], model=name_of(look), perplexity=found["perplexity"], selected=chosen)
    draw(strip, "logits-strip", on_select=lambda: take_clicked("logits-strip", TOKEN))
    st.caption(
        "Each cell is a token over its surprisal in bits: 1 bit is a coin's toss, 10 bits one chance in a thousand. "
        "Click a token, or choose it below."
    )
    shelves = tabs((ONE, EVERY, LAYERS), key="logits-shelf", parameter="part")
    with shelves[ONE]:
        if shelves[ONE].open:
            _one_token(visit, look, found)
    with shelves[EVERY]:
        if shelves[EVERY].open:
            _every_token(visit, found)
    with shelves[LAYERS]:
        if shelves[LAYERS].open:
            with errors_shown():
                lens.show(visit, look, chosen, len(tokens))


def name_of(look: LookSpec) -> str:
    """What charts call the model: its reference without the kind."""
    return look.model.rpartition(":")[2].partition("@")[0]


def take_clicked(chart: str, key: str) -> None:
    """Puts the token that was clicked in a strip into the select box ``key``; a click beside the tokens changes nothing."""
    points = st.session_state[chart].selection.points
    if points:
        st.session_state[key] = int(points[0]["customdata"][0])


def _chosen(found: dict[str, Any]) -> int:
    """The place that is looked at: of the address at first, else where the model was most surprised. One behind the text is allowed."""
    tokens = found["tokens"]
    if st.session_state.get(TOKEN, 0) > len(tokens):
        del st.session_state[TOKEN]  # of a longer text
    most = max(range(len(tokens)), key=lambda place: tokens[place]["surprisal"] or 0.0)
    address.take(TOKEN, "token", address.whole(0, len(tokens)), most)
    return int(st.session_state[TOKEN])


def _figures(found: dict[str, Any]) -> None:
    """Perplexity and mean surprisal, and what was not read."""
    facts = {
        "Perplexity": (found["perplexity"], "{:,.1f}", "As many tokens, equally likely, would surprise the model as much, on average."),
        "Bits per token": (found["mean"], "{:.2f}", "Mean surprisal: minus the binary logarithm of each token's probability."),
        "Bits per character": (found["per_character"], "{:.2f}", "Compares models whose tokens differ."),
        "Tokens": (len(found["tokens"]), "{:,}", "Of the text, with those that the tokenizer adds."),
    }
    with st.grid(columns=len(facts), min_column_width=TILE_PIXELS):
        for name, (value, form, help_) in facts.items():
            st.metric(name, "–" if value is None else form.format(value), help=help_, border=True)
    if found["lost"]:
        st.info(
            f"The first {count(found['limit'], 'token')} are shown; {count(found['lost'], 'token')} behind them were not read.",
            icon=":material/content_cut:",
        )


def _page_of_tokens(tokens: int, chosen: int) -> int:
    """The first token that is drawn; long texts have pages, and the one with the chosen token comes up when that changes."""
    pages = -(-tokens // DRAWN)
    if pages < 2:
        return 0
    if st.session_state.get("logits-paged-for") != chosen:
        st.session_state["logits-paged-for"] = chosen
        st.session_state["logits-strip-page"] = min(chosen // DRAWN, pages - 1) + 1
    return (st.pagination(pages, key="logits-strip-page") - 1) * DRAWN


def _one_token(visit: Visit, look: LookSpec, found: dict[str, Any]) -> None:
    """What the model expected at one place, and the text with something else there."""
    tokens = found["tokens"]
    place = st.selectbox(
        "Token",
        list(range(len(tokens) + 1)),
        format_func=lambda at: line(tokens[at]) if at < len(tokens) else f"{at} · behind the text",
        key=TOKEN,
    )
    real = tokens[place] if place < len(tokens) else None
    offered = real["alternatives"] if real else found["after"]
    if not offered:
        st.caption("Nothing stands before this token, so the model expects nothing here. It can still be replaced.")
    else:
        shown = {**real, "probability": 2.0 ** -real["surprisal"]} if real and real["surprisal"] is not None else None
        where = f"Token {place}" if real else "Behind the text"
        draw(charts.token_bars(offered, where=where, real=shown), "logits-alternatives")
        rows = [{"place": place, "rank": rank, **one} for rank, one in enumerate(offered, start=1)]
        numbers.offer(pd.DataFrame(rows), f"token-{place}-alternatives")
    with errors_shown():
        branch.show(visit, look, place, offered, found)


def _every_token(visit: Visit, found: dict[str, Any]) -> None:
    """The numbers of the strip as a table."""
    rows = table_rows(found["tokens"])
    names = ["place", "token", "id", "surprisal_bits", "rank", "entropy_bits"]
    frame = pd.DataFrame(rows, columns=[*names, "likeliest"])
    grid(
        headed(frame), alt=f"A row for each of {count(len(rows), 'token')}.", limit=visit.settings.max_shown_characters, key="logits-every"
    )
    numbers.offer(pd.DataFrame(rows), "surprisal")

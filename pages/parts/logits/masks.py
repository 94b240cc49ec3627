"""The gaps of a text under a masked language model."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.schema import LookSpec
from pages.parts import address, numbers
from pages.parts.figures import draw
from pages.parts.logits import looking
from pages.parts.text import count, plain
from pages.parts.visit import Visit

TOP = 8
LONGEST_TARGETS = 500


def show(visit: Visit, look: LookSpec) -> None:
    """The filled text, and for each gap its likeliest tokens beside the user's own words."""
    address.take("mask-targets", "targets", str, "")
    address.take(
        "mask-top",
        "top",
        address.whole(1, visit.settings.max_alternatives),
        min(TOP, visit.settings.max_alternatives),
    )
    first, second = st.columns([3, 1])
    with first:
        said = st.text_input(
            "Your own words (optional)",
            key="mask-targets",
            max_chars=LONGEST_TARGETS,
            placeholder="good, bad",
            help="With commas between them. Each is shown with its probability among all tokens.",
        )
    with second:
        top = st.number_input("Tokens for each gap", 1, visit.settings.max_alternatives, key="mask-top")
    address.put("targets", *([said] if said else []))
    address.put("top", *([str(top)] if top != TOP else []))
    own = list(dict.fromkeys(word.strip() for word in said.split(",") if word.strip()))
    found = looking.ask(visit, "masks", look, top=int(top), targets=own)
    with st.container(border=True):
        st.caption(f"With the likeliest token in {'the gap' if len(found['gaps']) == 1 else 'each gap'}")
        st.text(found["filled"])
    _notes(found)
    for gap in found["gaps"]:
        where = "The gap" if len(found["gaps"]) == 1 else f"Gap {gap['gap']}"
        draw(charts.token_bars(gap["candidates"], where=where, own=gap["targets"]), f"gap-{gap['gap']}")
        st.caption(f"Entropy {gap['entropy']:.2f} bits: as unsure as among {2 ** gap['entropy']:,.1f} equally likely tokens.")
    numbers.offer(pd.DataFrame(rows_of(found)), "gaps")


def rows_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each candidate and each word of the user's own."""
    rows = []
    for gap in found["gaps"]:
        start = {"gap": gap["gap"], "place": gap["place"], "entropy_bits": gap["entropy"]}
        named = [("candidate", rank, one["text"], one) for rank, one in enumerate(gap["candidates"], start=1)]
        named += [("own word", one["rank"], one["word"], one) for one in gap["targets"]]
        rows += [
            {**start, "kind": kind, "rank": rank, "token": text, "id": one["id"], "probability": one["probability"]}
            for kind, rank, text, one in named
        ]
    return rows


def _notes(found: dict[str, Any]) -> None:
    """What a reader has to know: several gaps, words in pieces, text that was cut."""
    if len(found["gaps"]) > 1:
        st.caption("Each gap is filled by itself: what stands in one does not change the others.")
    begun = {one["word"]: one["scored"].strip() for one in found["gaps"][0]["targets"] if not one["whole"]}
    for word, piece in begun.items():
        st.caption(f"{plain(word)} is no single token of this model: its first one, {plain(piece)}, was scored.")
    if found["missing"]:
        st.caption(f"No token of this model begins {plain(', '.join(found['missing']), 200)}.")
    if found["lost"]:
        st.info(f"{count(found['lost'], 'token')} at the end of the text were not read.", icon=":material/content_cut:")

"""What a fine-tune changed: the same validation rows with it and without it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from streamlit import column_config

from core.runs import RunFolder
from core.training.outcome.on_off import BASE, BROKEN, FIXED, ON_OFF, UNCHANGED
from pages.parts.frames import grid
from pages.parts.text import count, plain

TILE_PIXELS = 150
TEXT_PIXELS, LABEL_PIXELS = 300, 165  # text and three labels fit on a page of 1280 pixels
LONGEST = 300  # characters of a cell shown
WITHOUT = {
    BASE: "Without it, the base answers by itself.",
    "zero-shot": "The base has no answers of its own for these labels. Without it stands what you could do untrained: "
    "each text gets the label whose name is closest to it in the base's vectors (zero-shot).",
}
SHOWN = {BROKEN: "Broken", FIXED: "Fixed", UNCHANGED: "Unchanged", "": "All rows"}


def show(run: RunFolder, made: str) -> None:
    """Three counts, what they mean, and the rows. Nothing where the run has not compared.

    Args:
        made: what the fine-tune made, in a word.
    """
    found: dict[str, Any] = run.summary().get("on_off") or {}
    if not found:
        return
    st.subheader(f"What the {made} changed", anchor=False)
    if "why_not" in found:
        st.caption(plain(found["why_not"], 500))
        return
    st.caption(WITHOUT[found["how"]])
    _counts(found)
    path = run.path / ON_OFF
    if path.is_file():
        _rows(pd.read_parquet(path), run.id)


def _counts(found: dict[str, Any]) -> None:
    with st.grid(columns=3, min_column_width=TILE_PIXELS):
        st.metric("Fixed", f"{found['fixed']:,}", help="Wrong without it, right with it.", border=True)
        st.metric("Broken", f"{found['broken']:,}", help="Right without it, wrong with it.", border=True)
        st.metric("Unchanged", f"{found['unchanged']:,}", help="Right both times, or wrong both times.", border=True)
    rows = found["rows"]
    if not rows:
        return
    p = found["mcnemar"]
    st.markdown(
        f"Right on **{found['right_off'] / rows:.1%}** of {count(rows, 'validation row')} without it and on "
        f"**{found['right_on'] / rows:.1%}** with it (McNemar p {'< 0.001' if p < 0.001 else f'= {p:.3f}'})."
    )


def _rows(frame: pd.DataFrame, run_id: str) -> None:
    """The rows, the broken ones first: they are what there is to learn from."""
    kinds = [kind for kind in SHOWN if not kind or (frame["change"] == kind).any()]
    which, search = st.columns([1, 2], vertical_alignment="bottom")
    kind = which.selectbox("Rows", kinds, format_func=SHOWN.__getitem__, key=f"on-off-kind-{run_id}")
    words = search.text_input("Search", key=f"on-off-search-{run_id}", type="search", placeholder="Text or label")
    chosen = frame[frame["change"] == kind] if kind else frame
    if words:
        texts = chosen.drop(columns=["row", "change"])
        chosen = chosen[texts.apply(lambda column: column.str.contains(words, case=False, regex=False, na=False)).any(axis=1)]
    if chosen.empty:
        st.caption("No row matches.")
        return
    display = pd.DataFrame({"Row": chosen["row"] + 1, "Text": chosen["text"]})
    if "text_pair" in chosen:
        display["Second text"] = chosen["text_pair"]
    display["Your label"], display["Without"], display["With"] = chosen["truth"], chosen["off"], chosen["on"]
    if not kind:
        display["Change"] = chosen["change"].map(SHOWN)
    alt = f"{count(len(display), 'validation row')} with the answers without it and with it."
    config = {name: column_config.TextColumn(name, width=LABEL_PIXELS) for name in ("Your label", "Without", "With")}
    config["Text"] = column_config.TextColumn("Text", width=TEXT_PIXELS)
    grid(display, alt=alt, limit=LONGEST, config=config)
    st.caption(f"{count(len(display), 'row')}. Rows are numbered as in your table, the first one under the header is 1.")

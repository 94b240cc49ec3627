"""Tokenizers side by side: what the same text, or the same column, costs under each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core import charts
from core.inspect.tokens import ColumnTokens, TextTokens
from core.inspect.tokens.column import compared
from core.inspect.tokens.text import fragmentation
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.tokens.ask import save_button

HEADS: Mapping[str, str] = {
    "tokenizer": "Tokenizer",
    "tokens": "Tokens",
    "tokens_per_row": "Tokens per row",
    "median": "Median",
    "p95": "95 % have at most",
    "pieces_per_word": "Pieces per word",
    "unknown_share": "Unknown",
    "bytes_share": "Bytes",
    "characters_per_token": "Characters per token",
    "cut": "Rows cut",
    "lost": "Tokens lost",
    "cost_ratio": "Cost ratio",
}
SHARES = ("Unknown", "Bytes")
DECIMALS = ("Tokens per row", "Pieces per word", "Characters per token", "Cost ratio")
NOTE = (
    "Cost ratio: tokens against the first tokenizer's; what is computed, and paid for where tokens are billed, grows with it. "
    "Words are what stands between blanks, the same for all."
)


def of_text(read: Sequence[TextTokens]) -> None:
    """Figures of one text under each tokenizer."""
    figures = [fragmentation(found) for found in read]
    first = figures[0]["tokens"]
    rows = [
        {**each, "lost": found.lost, "cost_ratio": each["tokens"] / first if first and each["tokens"] is not None else None}
        for each, found in zip(figures, read, strict=True)
    ]
    _draw([found.tokenizer.reference for found in read], rows, "tokens", what="text")


def of_column(read: Sequence[ColumnTokens]) -> None:
    """Figures of one column under each tokenizer."""
    _draw([found.tokenizer.reference for found in read], compared(read), "tokens_per_row", what="column")
    if len({found.looked for found in read}) > 1:
        st.caption("The tokenizers were not shown the same number of rows: compare what is given per row or per word.")


def _draw(references: Sequence[str], rows: Sequence[Mapping[str, float | None]], measure: str, *, what: str) -> None:
    names = [reference.split("@")[0] for reference in references]
    st.subheader("Side by side", anchor=False)
    draw(charts.token_costs(names, [row[measure] for row in rows]), f"token-costs-{what}")
    frame = pd.DataFrame([{"tokenizer": name, **row} for name, row in zip(names, rows, strict=True)])
    config = {name: st.column_config.NumberColumn(format="percent") for name in SHARES}
    config |= {name: st.column_config.NumberColumn(format="%.2f") for name in DECIMALS}
    grid(frame.rename(columns=HEADS), alt=f"Figures of each tokenizer on this {what}.", limit=80, config=config, key=f"beside-{what}")
    st.caption(NOTE)
    save_button(frame, "tokenizers", key=f"beside-csv-{what}")

"""Which rows measure a fine-tune: some of the table's, or those of another table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import tables
from core.schema import Split
from pages.parts.text import column_options, count, option, plain
from pages.parts.tuning.file import Before
from pages.parts.tuning.words import Words

BY_CHANCE = ("stratified", "random")
TABLE = "table"


@dataclass(frozen=True)
class Measured:
    """What measures.

    Args:
        split: of the table that is learned from.
        table: in the place of the split.
        lacks: what is still to be chosen, in a sentence.
    """

    split: Split
    table: tables.Table | None = None
    lacks: str | None = None


def methods(words: Words, saved: str, *, others: bool) -> dict[str, str]:
    """The ways to find validation rows, each with what it is called. Without labels chance knows one way, whatever its name.

    Args:
        saved: the way that is chosen at first.
        others: whether there is another table.
    """
    chance = {"stratified": f"By chance, every {words.kind} alike", "random": "By chance"}
    if not words.kind:
        chance = {"random" if saved == "random" else "stratified": "By chance"}
    named = {"group": "Whole groups", "time": "The newest rows", "column": "As a column says"}
    return {**chance, **named, **({TABLE: "In another table"} if others else {})}


def pick(table: tables.Table, own: Sequence[tables.Table], before: Before, words: Words) -> Measured:
    """The split, folded away: by chance with every label alike is right for most tables."""
    saved = before.file.split if before.file else Split()
    percent = min(99, max(1, round(saved.share * 100)))
    others = [each for each in own if each.id != table.id]
    offered = methods(words, saved.method, others=bool(others))
    with st.expander("Validation rows", icon=":material/call_split:"):
        st.caption("These rows are not learned from: they choose the best moment of the training and give its figures.")
        first, second, third = st.columns(3)
        method = first.selectbox(
            "Chosen", list(offered), index=list(offered).index(saved.method), format_func=offered.__getitem__, key=before.key("split")
        )
        shown = second.slider("Share", 1, 99, percent, format="%d %%", key=before.key("share"), disabled=method in ("column", TABLE))
        if method == TABLE:
            return _other(table, others, before, third)
        column = _column(table, saved, before, third, off=method in BY_CHANCE)
    return Measured(Split(method=method, share=saved.share if shown == percent else shown / 100, column=column))  # a file may say 12.5 %


def _other(table: tables.Table, others: Sequence[tables.Table], before: Before, place: DeltaGenerator) -> Measured:
    """The table in the place of a split; one with the same columns is suggested."""
    fitting = [number for number, each in enumerate(others) if set(table.columns) <= set(each.columns)]
    number = place.selectbox(
        "Table of validation rows",
        range(len(others)),
        format_func=lambda number: f"{option(others[number].name)} · {count(others[number].rows, 'row')}",
        index=fitting[0] if fitting else None,
        placeholder="Choose a table",
        help="All its rows measure, and all rows of the table above are learned from. Its columns have the same names.",
        key=before.key(f"validation-{table.id[:16]}"),
    )
    return Measured(Split(), None, "Choose the table of validation rows.") if number is None else Measured(Split(), others[number])


def _column(table: tables.Table, saved: Split, before: Before, place: DeltaGenerator, *, off: bool) -> str:
    number = place.selectbox(
        "By the column",
        range(len(table.columns)),
        format_func=column_options(table.columns).__getitem__,
        index=table.columns.index(saved.column) if saved.column in table.columns else None,
        placeholder="Choose a column",
        key=before.key(f"split-{table.id[:16]}"),
        disabled=off,
    )
    if saved.column and saved.column not in table.columns:
        st.caption(f":material/info: The settings name the column {plain(saved.column)}, which this table does not have.")
    return table.columns[number] if number is not None and not off else ""

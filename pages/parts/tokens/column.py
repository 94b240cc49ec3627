"""A column of a table in tokens: how long its rows are, what the model's limit cuts, what is rare and what is unknown."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import charts
from core.inspect.tokens import ColumnTokens
from core.inspect.tokens.column import quantile
from core.inspect.tokens.command import command_of_column
from pages.parts import command, tabs
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.text import count, plain
from pages.parts.tokens import beside, counting, marks, source, text
from pages.parts.tokens.ask import Chosen, save_button
from pages.parts.visit import Visit

TILE_PIXELS = 130
EXAMPLE = 120
VIEW, TEXT_TAB = "tokens-view", "Text"


def show(visit: Visit, chosen: Chosen) -> None:
    """The lengths under the first tokenizer, the others beside it, then rows and tokens worth a look."""
    found = source.table_and_column(visit)
    if found is None:
        return
    table, column = found
    counted = counting.of_column(visit, chosen, table, column)
    if not counted:
        return
    first = counted[0]
    if not first.looked:
        st.info("No row of this column has a text.", icon=":material/info:")
        return
    _lengths(first)
    if len(counted) > 1:
        beside.of_column(counted)
        st.caption(f"What follows is under {plain(first.tokenizer.reference, 60)}, the first tokenizer.")
    _longest(visit, first)
    _rarest(first)
    _unknown(first)
    every = counting.every_row()
    command.show(*(command_of_column(table.name, column, table.report.choices, model, chosen.kind, every=every) for model in chosen.models))


def _lengths(found: ColumnTokens) -> None:
    """Figures and the histogram."""
    with st.grid(columns=5, min_column_width=TILE_PIXELS):
        st.metric("Rows", f"{found.looked:,}", border=True)
        st.metric("Median tokens", f"{quantile(found.lengths, 0.5):,}", help="With the special tokens.", border=True)
        st.metric("95 % have at most", f"{quantile(found.lengths, 0.95):,}", border=True)
        st.metric("Rows cut", f"{found.cut:,}", help=f"Longer than the {found.tokenizer.limit:,} tokens that the model reads.", border=True)
        st.metric("Tokens lost", f"{found.lost:,}", help="What the model does not read of the cut rows.", border=True)
    said = [f"Counted over {found.sampled}; figures are of these rows"] if found.sampled else []
    said += [f"{count(found.blank, 'blank row')} left out"] if found.blank else []
    said += [] if found.tokenizer.limit_known else [f"the model's files name no limit: runs read {found.tokenizer.limit:,} tokens"]
    said += [f"{found.used:,} of {count(found.tokenizer.vocabulary, 'entry', 'entries')} of the vocabulary used"]
    st.caption(" · ".join(said))
    draw(charts.token_lengths(found.lengths, found.tokenizer.limit, lost=found.lost), "token-lengths")
    save_button(pd.DataFrame(found.lengths, columns=["tokens", "rows"]), "token-lengths", key="token-lengths-csv")


def _longest(visit: Visit, found: ColumnTokens) -> None:
    st.subheader("Longest rows", anchor=False)
    frame = pd.DataFrame([row.model_dump() for row in found.longest])
    frame["row"] += 1
    shown = pd.DataFrame({"Row": frame["row"], "Tokens": frame["tokens"], "Lost": frame["lost"], "Text": frame["text"]})
    picked = grid(
        shown,
        alt=f"The {count(len(frame), 'longest row')} with tokens, tokens lost and text.",
        limit=visit.settings.max_shown_characters,
        key="token-longest",
        selection="single-row",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if picked:
            row = int(frame["row"].iloc[picked[0]])
            st.button(f"Row {row:,} token by token", icon=":material/open_in_new:", key="token-open", on_click=_open, args=(row,))
        else:
            st.caption("Select a row to see it token by token.")
        save_button(frame, "longest-rows", key="token-longest-csv")


def _open(row: int) -> None:
    """Turns to the tab of texts, with this row of the same column."""
    st.session_state[VIEW] = tabs.tab_label(TEXT_TAB)
    st.session_state[source.SOURCE_KEY] = source.ROW
    st.session_state[source.ROW_KEY] = row
    st.session_state.pop(text.PICKED, None)


def _rarest(found: ColumnTokens) -> None:
    """Entries that the column uses least: names, misspellings, other languages."""
    st.subheader("Rarest tokens", anchor=False)
    st.caption("What the column uses least, the vocabulary's own rare entries first: names, misspellings, other languages.")
    frame = pd.DataFrame([token.model_dump() for token in found.rarest], columns=["id", "token", "reads", "count", "row", "example"])
    frame["row"] += 1
    shown = frame.assign(reads=frame["reads"].map(marks.cell))
    heads = {"id": "Id", "token": "Entry", "reads": "Reads", "count": "Times", "row": "First row", "example": "Example"}
    grid(shown.rename(columns=heads), alt=f"The {count(len(frame), 'rarest token')} of the column.", limit=EXAMPLE, key="token-rarest")
    save_button(frame, "rarest-tokens", key="token-rarest-csv")


def _unknown(found: ColumnTokens) -> None:
    """What stands where the vocabulary has nothing."""
    if not found.unknown:
        return
    st.subheader("Unknown to the vocabulary", anchor=False)
    own = found.total - found.tokenizer.added * found.looked
    st.caption(
        f"{count(found.unknown, 'unknown token')}, {found.unknown / max(own, 1):.1%} of all, in {count(found.unknown_rows, 'row')}. "
        f"The model reads {plain(_name_of_unknown(found))} for each of these."
    )
    frame = pd.DataFrame(found.unknown_texts, columns=["text", "times"])
    shown = pd.DataFrame({"Text": frame["text"].map(marks.cell), "Times": frame["times"]})
    grid(shown, alt=f"{count(len(frame), 'text')} that the vocabulary has no piece for, by how often.", limit=EXAMPLE, key="token-unknown")
    st.caption("Found in the first rows that have one.")
    save_button(frame, "unknown", key="token-unknown-csv")


def _name_of_unknown(found: ColumnTokens) -> str:
    return next((token for token, role in found.tokenizer.special.items() if role == "unk"), "the same token")

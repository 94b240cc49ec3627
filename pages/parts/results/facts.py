"""What can be said of a result in one number each, where no labels of the user's tell how good it is."""

from __future__ import annotations

import streamlit as st

from core.charts.words import share
from core.runs.filters import ResultFilters
from core.runs.query import ResultQuery

TILE_PIXELS = 150


def show(query: ResultQuery) -> None:
    """Up to four tiles; none for tasks whose chart says it all."""
    tiles = _tiles(query)
    if tiles:
        with st.grid(columns=2, min_column_width=TILE_PIXELS):
            for title, value, meaning in tiles:
                st.metric(title, value, help=meaning, border=True)


def _tiles(query: ResultQuery) -> list[tuple[str, str, str]]:
    if query.output("entities"):
        return _entities(query)
    if query.output("map_x") or query.output("duplicate_of"):
        return _compared(query)
    return []


def _entities(query: ResultQuery) -> list[tuple[str, str, str]]:
    found = query.items("entities", ("label",), 1_000)
    scored = query.count(ResultFilters(state="scored"))
    labels = tuple(found["label"])
    rows = query.count(ResultFilters(item_labels=labels)) if labels else 0
    return [
        ("Entities", f"{int(found['items'].sum()):,}", "Stretches of text that the model marked, in all rows together."),
        ("Rows with one", share(rows, scored), "Share of the scored rows in which at least one entity was found."),
    ]


def _compared(query: ResultQuery) -> list[tuple[str, str, str]]:
    tiles = []
    if query.output("cluster"):
        tiles.append(("Clusters", f"{len(query.labels):,}", "Groups of similar texts, each named by words that set it apart."))
    if query.output("duplicate_of"):
        rows = query.count(ResultFilters(filled=("duplicate_of",)))
        said = "Rows that say the same or nearly the same as another one; a filter of the rows shows them."
        tiles.append(("Near-duplicates", f"{rows:,}", said))
    return tiles

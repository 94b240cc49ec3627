"""A text to look at: typed, or a cell of a table."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core import tables
from core.inference.plan import read_windows
from core.schema import Role
from pages.parts import address
from pages.parts.choices import table_picker
from pages.parts.text import column_options
from pages.parts.visit import Visit

EXAMPLE = "Hello, Hugging Face! Tokenizers split unbelievably long words, naïve ones too.\nAnd emoji: 🙂"
TYPED, ROW = "typed", "row"
SOURCES = {TYPED: "A text of your own", ROW: "A row of a table"}
SOURCE_KEY, TEXT_KEY, ROW_KEY = "token-source", "token-text", "token-row"
WINDOW_CHARACTERS = 1_000_000


def pick(visit: Visit) -> str | None:
    """The text of the address or of the controls; ``None`` while there is none."""
    address.take(SOURCE_KEY, "from", lambda word: word if word in SOURCES else _refuse(word), default=TYPED)
    source = st.radio("Text", list(SOURCES), format_func=SOURCES.__getitem__, key=SOURCE_KEY, horizontal=True, label_visibility="collapsed")
    address.put("from", *([source] if source != TYPED else []))
    return _typed() if source == TYPED else _row(visit)


def _typed() -> str | None:
    address.take(TEXT_KEY, "text", str, default=EXAMPLE)
    text = st.text_area("Your text", key=TEXT_KEY, height=110)
    address.put("text", *([text] if text != EXAMPLE else []))
    if not text:
        st.info("Type a text.", icon=":material/info:")
        return None
    return text


def _row(visit: Visit) -> str | None:
    found = table_and_column(visit)
    if found is None:
        return None
    table, column = found
    address.take(ROW_KEY, "row", lambda word: _number(word, table.rows), default=1)
    st.session_state[ROW_KEY] = min(max(st.session_state[ROW_KEY], 1), table.rows)
    number = st.number_input(f"Row, of {table.rows:,}", 1, table.rows, key=ROW_KEY)
    address.put("row", str(number))
    text = cell(table, column, number - 1)
    if not text:
        st.info("This cell is empty.", icon=":material/info:")
        return None
    return text


def table_and_column(visit: Visit) -> tuple[tables.Table, str] | None:
    """The table and the column to read, the one that holds texts suggested; ``None`` while there is none."""
    own = tables.list_tables(visit.settings, visit.workspace)
    if not own:
        table_picker.none_yet(visit)
        return None
    left, right = st.columns(2)
    with left:
        table = table_picker.pick(own)
    if not table.rows or not table.columns:
        st.warning("This table has no rows. Choose another one.", icon=":material/info:")
        return None
    key = f"token-column-{table.id[:16]}"
    names, words = table.columns, column_options(table.columns)
    suggested = tables.suggest_roles(table, [Role.TEXT]).get(Role.TEXT, names[0])
    address.take(key, "column", names.index, default=names.index(suggested))
    number = right.selectbox("Column", range(len(names)), format_func=words.__getitem__, key=key)
    address.put("column", names[number])
    return table, names[number]


@st.cache_data(show_spinner=False, max_entries=100, hash_funcs={tables.Table: lambda table: table.id})
def cell(table: tables.Table, column: str, row: int) -> str:
    """A cell as text, empty where it is missing."""
    for window in read_windows(table.path, {"text": column}, np.array([row]), rows=1, characters=WINDOW_CHARACTERS):
        return window.cells["text"][0]
    return ""


def _number(word: str, most: int) -> int:
    number = int(word)
    if not 1 <= number <= most:
        raise ValueError(word)
    return number


def _refuse(word: str) -> str:
    raise ValueError(word)

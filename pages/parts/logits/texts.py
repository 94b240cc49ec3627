"""Several texts under one model: lines of the user's, or rows of a table."""

from __future__ import annotations

import streamlit as st

from core.schema import LookSpec, Role
from pages.parts import address
from pages.parts.logits.row import BESIDE, rows_by_chance
from pages.parts.logits.several import MAIN, SEVERAL
from pages.parts.visit import Visit

TAKEN = 10
KEY, LINE = "logits-texts", "line"


def show(visit: Visit, look: LookSpec) -> None:
    """Lines, each with an answer of its own; the text above is the first."""
    role = MAIN.get(look.task, Role.TEXT)
    questions = role == Role.QUESTION
    _from_address()
    st.text_area(
        "More questions on the same text, one a line" if questions else "More texts, one a line",
        key=KEY,
        persist_state="page",
        height=120,
        placeholder="Type or paste questions" if questions else "Type or paste texts",
        help=f"At most {visit.settings.max_look_texts}, the one above included.",
    )
    _offer_rows(visit, look, role)
    lines = [line for line in st.session_state[KEY].splitlines() if line.strip()]
    address.put(LINE, *lines)
    if not lines:
        st.caption(f"These {'questions' if questions else 'texts'} and the one above are then shown beside each other, one in a line.")
        return
    room = visit.settings.max_look_texts - 1
    if len(lines) > room:
        st.caption(f"The first {room} lines are read (max_look_texts).")
    blank = {} if questions or look.task in BESIDE else dict.fromkeys(look.cells, "")
    more = [look.model_copy(update={"cells": {**look.cells, **blank, role.value: line}}) for line in lines[:room]]
    SEVERAL[look.task](visit, [look, *more])


def _from_address() -> None:
    """The lines of a link."""
    if said := st.query_params.get_all(LINE):
        address.take(KEY, LINE, lambda _: "\n".join(said))


def _offer_rows(visit: Visit, look: LookSpec, role: Role) -> None:
    room = visit.settings.max_look_texts - 1

    def take() -> None:
        before = [line for line in st.session_state.get(KEY, "").splitlines() if line.strip()]
        taken = rows_by_chance(visit, role, min(TAKEN, max(0, room - len(before))))
        st.session_state[KEY] = "\n".join([*before, *(" ".join(text.split()) for text in taken)])

    st.button(f"Add {TAKEN} rows of the table by chance", icon=":material/casino:", on_click=take, disabled=not look.cells)
    st.caption("The table is the one chosen under “Take a row of a table”. Line breaks inside a row become spaces here.")

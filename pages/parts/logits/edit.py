"""Edit and compare: change the text, and see which words changed and what moved."""

from __future__ import annotations

import streamlit as st

from core import tasks
from core.inspect.changes import changes
from core.schema import LookSpec
from pages.parts import address
from pages.parts.choices import role_picker
from pages.parts.highlight import Mark, marked
from pages.parts.logits.against import two
from pages.parts.logits.against.views import AGAINST
from pages.parts.logits.row import HEIGHTS, USUAL_HEIGHT, uses_of
from pages.parts.visit import Visit

REMOVED, ADDED = "removed", "added"
SWITCH = "logits-edit"


def show(visit: Visit, look: LookSpec) -> None:
    """A switch, a second set of fields that starts as the first, and the difference."""
    if SWITCH not in st.session_state:
        st.session_state[SWITCH] = any(_name(role) in st.query_params for role in look.cells)
    if not st.toggle("Edit and compare", key=SWITCH):
        for role in look.cells:
            address.put(_name(role))
        return
    changed = _fields(look)
    if changed == look.cells:
        st.caption("Change a word above: the answers before and after are then shown beside each other.")
        return
    if not all(text.strip() for text in changed.values()):
        st.caption("The changed text is empty.")
        return
    for name, text in look.cells.items():
        if changed[name] != text:
            _changed(text, changed[name])
    AGAINST[look.task](visit, two.edited(look, changed))


def _fields(look: LookSpec) -> dict[str, str]:
    """The texts as edited. They begin anew when the text above changes."""
    before = st.session_state.get("edit-of")
    if before != look.cells:
        for name, text in look.cells.items():
            st.session_state[f"edit-{name}"] = st.query_params.get(_name(name), text) if before is None else text
        st.session_state["edit-of"] = dict(look.cells)
    edited = {}
    for use in uses_of(tasks.get(look.task)):
        if use.role in look.cells:
            key, words = f"edit-{use.role}", role_picker.ROLE_WORDS.get(use.role, str(use.role))
            if key not in st.session_state:
                st.session_state[key] = look.cells[use.role]
            edited[str(use.role)] = st.text_area(f"{words}, changed", key=key, height=HEIGHTS.get(use.role, USUAL_HEIGHT))
    for name, text in edited.items():
        address.put(_name(name), *([text] if text != look.cells[name] and len(text) <= address.LONGEST else []))
    return {name: edited.get(name, text) for name, text in look.cells.items()}


def _name(role: str) -> str:
    """Of the changed text in the address."""
    return f"changed-{role}"


def _changed(before: str, after: str) -> None:
    """Both texts with the words that differ marked and named."""
    found = changes(before, after)
    left, right = st.columns(2, border=True)
    with left:
        st.markdown(marked(before, [Mark(*one.before, REMOVED) for one in found], [REMOVED]))
    with right:
        st.markdown(marked(after, [Mark(*one.after, ADDED) for one in found], ["", "", ADDED]))

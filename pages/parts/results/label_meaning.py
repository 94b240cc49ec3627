"""What the values of the user's label column mean to the model: said before a run, or after it, when its figures are counted again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.errors import SheetformerError
from core.inference import measuring
from core.runs import RunFolder
from pages.parts.text import count, option, plain
from pages.parts.visit import Visit, show_error

LEAVE_OUT = "leave out"
MAPPED_LABELS = 12


def pickers(values: Sequence[str], labels: Sequence[str], *, key: str, chosen: Mapping[str, str] | None = None) -> dict[str, str]:
    """A select box for each value, up to twelve; returns value to label, without those that are left out."""
    meant = {}
    for number, value in enumerate(values[:MAPPED_LABELS]):
        if number % 4 == 0:  # a row at a time, so that a narrow screen keeps the order
            places = st.columns(4)
        options, before = [LEAVE_OUT, *labels], (chosen or {}).get(value, LEAVE_OUT)
        with places[number % 4]:
            label = st.selectbox(
                f"{plain(value, 40)} means",
                options,
                index=options.index(before) if before in options else 0,
                format_func=lambda label: "Leave out" if label == LEAVE_OUT else option(label),
                key=f"map-{key}-{value}",
            )
        if label != LEAVE_OUT:
            meant[value] = label
    return meant


def after_the_run(visit: Visit, run: RunFolder, metrics: Mapping[str, Any], labels: Sequence[str]) -> None:
    """The same for a finished run: its figures are counted again, and no row is scored again."""
    before: dict[str, str] = metrics.get("label_map") or {}
    values = list(dict.fromkeys([*before, *(metrics.get("unmatched") or {})]))
    if not values or not labels:
        return
    few = len(values) <= MAPPED_LABELS
    with st.expander("Say what your labels mean", icon=":material/swap_horiz:", expanded=few and not before):
        st.caption(f"The model answers {', '.join(plain(label) for label in labels)}. No row is scored again.")
        with st.form("label-meaning", border=False):
            meant = pickers(values, labels, key=run.id, chosen=before)
            if not few:
                st.caption(f"{count(metrics.get('unmatched_values', len(values)) - MAPPED_LABELS, 'more value')} stay left out.")
            pressed = st.form_submit_button("Map labels and count again", icon=":material/calculate:")
    if not pressed:
        return
    try:
        with st.spinner("Counting again"):
            measuring.count_again(visit.settings, run.id, meant, owner=visit.workspace)
    except SheetformerError as error:
        show_error(error)
    else:
        st.rerun()

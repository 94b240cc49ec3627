"""The temperature of a result, saved as a new version of the adapter that made it."""

from __future__ import annotations

import streamlit as st

from core.evaluation.results import Temperature
from core.evaluation.versions import LEARNED, adapter_behind, save_temperature
from pages.parts import links
from pages.parts.choices.model_picker import MODEL
from pages.parts.choices.task_picker import TASK
from pages.parts.metrics.look import Look
from pages.parts.text import plain
from pages.parts.visit import errors_shown

SAVED = "metrics-saved-version"


def show(look: Look, fitted: Temperature) -> None:
    """The button, and where the new version lies once there is one. Nothing where the result is no adapter's of this workspace."""
    run = look.source.run
    if run is None or run.owner() != look.visit.workspace:
        return
    if adapter_behind(run) is None:
        st.caption("A temperature can be saved with an adapter: tune one on this model to have it applied in later runs.")
        return
    if look.spec.out_of_sample is False:
        st.caption(LEARNED)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Save as a new version",
            icon=":material/save:",
            key="metrics-save-version",
            help="The same adapter, with this temperature: runs with it give rescaled probabilities and the same labels.",
        )
        if pressed:
            with errors_shown():
                made = save_temperature(look.visit.settings, look.visit.workspace, run, look.spec, fitted)
                st.session_state[SAVED] = (look.source.key, made)
        key, made = st.session_state.get(SAVED, ("", ""))
        if key == look.source.key:
            st.markdown(f"Saved as **{plain(made)}**.", width="content")
            where = {MODEL: made, TASK: look.spec.task}
            st.page_link(links.BATCH, label="Score a table with it", icon=":material/label:", query_params=where)

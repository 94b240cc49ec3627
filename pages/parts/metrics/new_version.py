"""The temperature of a result, saved as a new version of the adapter that made it."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from core import models
from core.evaluation.results import Temperature
from core.models import Calibrated
from core.schema import FinetuneSpec, PredictSpec
from pages.parts import links
from pages.parts.choices.model_picker import MODEL
from pages.parts.choices.task_picker import TASK
from pages.parts.metrics.look import Look
from pages.parts.text import plain
from pages.parts.visit import errors_shown

TASK_OF_TEMPERATURE = "text-classification"
SAVED = "metrics-saved-version"
LEARNED = "The model has learned from these very rows: on others it is less often right, so their temperature is not saved."


class Made(NamedTuple):
    """What a result was made by: an adapter as it stood then, or as this fine-tune left it."""

    reference: str
    revision: str
    run: str
    applied: bool


def show(look: Look, fitted: Temperature) -> None:
    """The button, and where the new version lies once there is one. Nothing where the result is no adapter's of this workspace."""
    run = look.source.run
    if run is None or run.owner() != look.visit.workspace:
        return
    adapter = _adapter(look)
    if adapter is None:
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
                found = Calibrated(fitted.value, adapter.applied, fitted.sentence, adapter.revision, adapter.run)
                made = models.save_calibrated(look.visit.settings, look.visit.workspace, adapter.reference, found)
                st.session_state[SAVED] = (look.source.key, made)
        key, made = st.session_state.get(SAVED, ("", ""))
        if key == look.source.key:
            st.markdown(f"Saved as **{plain(made)}**.", width="content")
            where = {MODEL: made, TASK: look.spec.task}
            st.page_link(links.BATCH, label="Score a table with it", icon=":material/label:", query_params=where)


def _adapter(look: Look) -> Made | None:
    """The adapter behind a result; ``None`` where no temperature can be saved with it, or none would be applied."""
    run = look.source.run
    spec = run.spec() if run is not None else None
    if run is None or not isinstance(spec, PredictSpec | FinetuneSpec) or spec.task != TASK_OF_TEMPERATURE:
        return None
    scored = isinstance(spec, PredictSpec)
    reference = spec.model if scored else str(run.choices().get("adapter", ""))
    if not reference or not models.can_be_calibrated(reference):
        return None
    applied = spec.options.get("temperature") != "off"
    return Made(reference, spec.revision if scored else "", "" if scored else run.id, applied)

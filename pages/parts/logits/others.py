"""The same text under another model, such as the base of an adapter."""

from __future__ import annotations

import streamlit as st

from core import models
from core.schema import LookSpec, ModelEntry
from pages.parts import address
from pages.parts.choices import model_picker
from pages.parts.logits import looking
from pages.parts.logits.against.two import under
from pages.parts.logits.against.views import AGAINST
from pages.parts.visit import Visit

KEY = "logits-other"


def show(visit: Visit, look: LookSpec) -> None:
    """A second model, and both answers against each other."""
    other = _pick(visit, look)
    if other is not None:
        AGAINST[look.task](visit, under(look, other))


def _pick(visit: Visit, look: LookSpec) -> LookSpec | None:
    """The same row under the other model; only models that are on this machine are offered, the base of an adapter first."""
    entries = {entry.reference: entry for entry in models.list_models(visit.settings, look.task, visit.workspace)}
    here = {name: at for name, entry in entries.items() if (at := model_picker.at_hand(entry)) and at != look.model}
    if not here:
        st.info(
            "There is no second model for this task on this machine. Register one, or fetch one on the page Hub.", icon=":material/info:"
        )
        return None
    base = _base(visit, look, here)
    offered = sorted(here, key=lambda name: name != base)
    address.take(KEY, "other", address.one_of(offered))
    if st.session_state.get(KEY) not in [None, *offered]:
        del st.session_state[KEY]
    chosen = st.selectbox(
        "Compare with",
        offered,
        index=None,
        format_func=lambda name: _line(entries[name], name == base),
        placeholder="Choose a second model",
        key=KEY,
    )
    address.put("other", *([chosen] if chosen else []))
    if chosen is None:
        st.caption("Both read the same text. An adapter and its base can be compared where the base has an answer of its own.")
        return None
    return looking.spec(visit, look.task, here[chosen], look.cells, look.options)


def _line(entry: ModelEntry, base: bool) -> str:
    return model_picker.line(entry) + (" · its base" if base else "")


def _base(visit: Visit, look: LookSpec, here: dict[str, str]) -> str | None:
    """The offered model that an adapter was tuned on; ``None`` where that one has no answer to this task."""
    if not look.model.startswith("adapter:"):
        return None
    mine = models.resolve(visit.settings, look.model, visit.workspace, fetch=False).base
    for name, reference in here.items():
        files = models.resolve(visit.settings, reference, visit.workspace, fetch=False)
        if files.adapter is None and files.base == mine:
            return name
    return None

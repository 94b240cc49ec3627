"""Which model: what it is, what it should not be trusted with, and whether it has to be fetched first."""

from __future__ import annotations

import streamlit as st

from core import hub, models, tasks
from core.schema import ModelEntry, ModelReference, PredictSpec
from core.settings import Settings
from pages.parts import links
from pages.parts.text import option, plain, size
from pages.parts.visit import Visit

MODEL = "model"  # in the address: a link may name one
LABELS_NAMED = 5
FACT_CHARACTERS = 300


def pick(visit: Visit, task: tasks.Task) -> ModelEntry | None:
    """The chosen model: at first the one of the address. Choosing one asks nothing of the network."""
    entries = {entry.reference: entry for entry in models.list_models(visit.settings, task.name, visit.workspace)}
    if not entries:
        st.warning("No model for this task is installed.", icon=":material/info:")
        return None
    wanted, names = st.query_params.get(MODEL), list(entries)
    index = names.index(wanted) if wanted in entries else 0
    chosen = entries[st.selectbox("Model", names, index=index, format_func=lambda name: line(entries[name]), key="model_choice")]
    if wanted is not None:
        st.query_params[MODEL] = chosen.reference
    own = task.labels(tuple(chosen.labels), task.Options.model_construct()) if chosen.labels else ()  # none where the user names them
    named = own[:LABELS_NAMED]
    more = f" and {len(own) - LABELS_NAMED:,} more" if len(own) > LABELS_NAMED else ""
    labels = "" if all(label in chosen.summary for label in named) else f"Labels: {', '.join(map(plain, named))}{more}"
    facts = [labels, plain(chosen.summary, FACT_CHARACTERS)]
    st.caption(". ".join(fact for fact in facts if fact) or plain(chosen.reference))
    return chosen


def at_hand(model: ModelEntry) -> str | None:
    """The reference of files that are on this machine; ``None`` where the Hub has to be asked first.

    A model that was fetched before is named by its commit: nobody has to be asked whether there is a newer one.

    Raises:
        HubError: the cache of earlier downloads cannot be read.
    """
    if not model.needs_hub:
        return model.reference
    parsed = ModelReference.parse(model.reference)
    cached = hub.cached_snapshot(parsed.name, parsed.revision)
    return f"{parsed.name}@{cached[0]}" if cached else None


def offer(visit: Visit, model: ModelEntry) -> str | None:
    """As :func:`at_hand`; where files are missing, also those of an adapter's base, the way to the page that fetches them.

    Raises:
        SheetformerError: as :func:`at_hand`, or the adapter is damaged.
    """
    reference = at_hand(model)
    needed = models.hub_model(visit.settings, model.reference, visit.workspace)
    if needed is None or hub.cached_snapshot(needed.name, needed.revision):
        return reference
    said = to_fetch(model) if model.needs_hub else f"Needs the Hub: {plain(needed.name)}, the model that this adapter was tuned on."
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.write(f":material/cloud_download: {said}")
        st.page_link(links.HUB, label="Fetch it on the page Hub", icon=":material/arrow_forward:", query_params={"repo": needed.name})
    return None


def limits(visit: Visit, spec: PredictSpec) -> None:
    """What the model's card says it cannot do, and its licence; nothing where it says neither."""
    card = _card(visit.settings, visit.workspace, spec.model, spec.revision)
    if not card.limits and not card.license:
        return
    with st.expander("Limits and licence" if card.limits else "Licence", icon=":material/info:"):
        if card.limits:
            st.caption("\n".join(f"- {plain(limit, FACT_CHARACTERS)}" for limit in card.limits))
        if card.license:
            st.caption(f"Licence: {plain(card.license)}")


def line(model: ModelEntry) -> str:
    """``Sentiment · 93 MB``, and where it has to be fetched from."""
    words = [option(model.title)]
    if model.size_bytes:
        words.append(size(model.size_bytes))
    if model.needs_hub:
        words.append("needs the Hub")
    return " · ".join(words)


def named(model: ModelEntry) -> str:
    """The model's title and size, safe in Markdown."""
    return plain(model.title) + (f", {size(model.size_bytes)}" if model.size_bytes else "")


def to_fetch(model: ModelEntry) -> str:
    """A sentence on a model that is not here yet."""
    return f"Needs the Hub: {named(model)}."


@st.cache_data(show_spinner=False, max_entries=50, hash_funcs={Settings: lambda settings: str(settings.home)})
def _card(settings: Settings, workspace: str, reference: str, revision: str) -> models.ModelCardFacts:
    """The card of the model of a spec, which has been resolved before."""
    return models.resolve(settings, reference, workspace, fetch=False).card

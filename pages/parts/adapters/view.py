"""One adapter: what it is, its figures, its card, and what can be done with it."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from core import jobs, models
from core.errors import SheetformerError
from core.metrics import DEFINITIONS
from core.models.merge import adapter_json
from core.models.safety import CONFIG
from core.runs import RunFolder, open_run
from core.schema import FinetuneSpec, SearchSpec, base_of
from core.schema.specs import is_id
from pages.parts import links
from pages.parts.adapters import actions, listing, naming
from pages.parts.adapters.listing import KIND, OnShelf
from pages.parts.choices.model_picker import MODEL
from pages.parts.choices.task_picker import TASK
from pages.parts.results import head
from pages.parts.text import count, plain, size, visible
from pages.parts.visit import Visit

CARD_PIXELS = 420
MOST_TILES = 8


def show(visit: Visit, adapter: OnShelf) -> None:
    """Head, what can be done, figures, card."""
    run = own_run(visit, adapter)
    st.subheader(plain(adapter.name), anchor=False)
    st.caption(" · ".join(_facts(adapter)))
    with st.container(horizontal=True, vertical_alignment="center"):
        if adapter.usable:
            where = {MODEL: adapter.entry.reference, TASK: adapter.entry.tasks[0]}
            st.page_link(links.BATCH, label="Score a table with it", icon=":material/label:", query_params=where)
            st.page_link(links.DEMOS, label="Try as a demo", icon=":material/slideshow:", query_params=where)
            what = {"what": adapter.entry.reference}
            st.page_link(links.PUBLISH, label="Publish it", icon=":material/cloud_upload:", query_params=what)
        if run is not None:
            st.page_link(links.FINETUNE, label="The fine-tune that made it", icon=":material/open_in_new:", query_params={"run": run})
    if run is not None and not adapter.facts.version_of:
        _say_renamed(visit, run)
    if not adapter.usable:
        st.error(plain(adapter.entry.summary, 1_000), icon=":material/error:")
    actions.show(visit, adapter)
    _figures(visit, adapter, run)
    _card(adapter, of_ours=run is not None)


def own_run(visit: Visit, adapter: OnShelf) -> str | None:
    """The fine-tune that made it, where it is here, this workspace's, and says so too: an upload may name any."""
    run = adapter.facts.run
    if run is None or not is_id(run):
        return None
    try:
        job, named = jobs.get(visit.settings, run), open_run(visit.settings, run).choices().get("adapter")
    except SheetformerError:
        return None
    known = (adapter.entry.reference, f"{KIND}{adapter.facts.version_of}")  # the versions of what it made have its figures too
    return run if job.kind in links.TUNES and job.owner == visit.workspace and named in known else None


def _say_renamed(visit: Visit, run: str) -> None:
    """Where it did not get the name that was asked for."""
    with suppress(SheetformerError):  # a damaged run: nobody knows what was asked for
        if sentence := naming.renamed(open_run(visit.settings, run)):
            st.caption(f":material/info: {plain(sentence, 300)}")


def _facts(adapter: OnShelf) -> list[str]:
    entry = adapter.entry
    words = [plain(listing.task_words(adapter))]
    words.append(f"base {plain(adapter.base)}")
    if entry.labels:
        words.append(f"{count(len(entry.labels), 'label')}: {plain(listing.labels_line(entry.labels), 300)}")
    if adapter.facts.version_of:
        words.append(f"version {adapter.facts.version} of {plain(adapter.facts.version_of)}")
    if temperature := models.temperature_of(adapter_json(adapter.folder, CONFIG)) if adapter.usable else None:
        words.append(f"probabilities at temperature {temperature:.2f}")
    words.append(f"made {listing.moment(listing.made(adapter))}")
    return words + ([size(entry.size_bytes)] if entry.size_bytes else [])


def _figures(visit: Visit, adapter: OnShelf, run: str | None) -> None:
    """With their ranges where the run is here; otherwise as the card has them."""
    if run is not None:
        try:
            folder = open_run(visit.settings, run)
            measured, spec = folder.metrics(), folder.spec()
        except SheetformerError:  # a damaged run: the card has the figures too
            measured, spec = {}, None
        if isinstance(spec, FinetuneSpec | SearchSpec) and measured.get("metrics"):
            head.quality(measured, base_of(spec))
            st.caption(_chosen_by(folder))
            return
    figures = models.card_figures(adapter.folder)
    if not figures:
        return
    st.subheader("Figures of its card", anchor=False)
    with st.grid(columns=2, min_column_width=head.TILE_PIXELS):
        for name, value in list(figures.items())[:MOST_TILES]:
            known = DEFINITIONS.get(name)
            st.metric(known.title if known else plain(name, 40), f"{value:.3f}", help=known.sentence if known else None, border=True)
    st.caption("As its author wrote them down; they were not measured here.")


def _chosen_by(run: RunFolder) -> str:
    """What the rows of the figures had decided before."""
    trials = run.summary().get("trials", ())
    of_trials = f" and the best of {count(len(trials), 'trial')}" if trials else ""
    return f"The same rows chose the best checkpoint{of_trials}, which flatters these figures{'' if trials else ' a little'}."


def _card(adapter: OnShelf, *, of_ours: bool) -> None:
    """What its author says, as text: a card from elsewhere may hold links, pictures and HTML.

    Args:
        of_ours: a fine-tune of this workspace made it.
    """
    text = models.card_text(adapter.folder)
    with st.expander("Card", icon=":material/description:"):
        if text:
            st.code("\n".join(visible(line) for line in text.split("\n")), language=None, wrap_lines=True, height=CARD_PIXELS)
        else:
            st.caption("Its training was stopped; the card comes with its end." if of_ours else "It came without a card.")

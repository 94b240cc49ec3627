"""One repository, before anything is downloaded: what it is, whether it fits, what to look at twice, its card as plain text."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

import streamlit as st

from core import hub, models
from core.errors import SheetformerError
from core.settings import Settings
from pages.parts.hub import account, dataset, fetches, recents
from pages.parts.hub.search import DATA_SETS, MODELS
from pages.parts.text import count, plain, size
from pages.parts.visit import Visit, errors_shown

KEPT, SECONDS_KEPT = 100, 120
CARD_PIXELS, SHORT_CARD = 360, 1_000
PREFIX = MappingProxyType({MODELS: "", DATA_SETS: "datasets/"})  # of the addresses of the Hub's own pages


def show(visit: Visit, chosen: tuple[str, str]) -> None:
    """Everything about a repository, and the button that fetches it."""
    kind, name = chosen
    title = st.container(horizontal=True, vertical_alignment="center")
    title.subheader(plain(name), anchor=False, width="content")
    with errors_shown():
        user, token = account.signed_in(visit), account.token_of(visit)
        found = _facts(visit.settings, kind, name, user, token)
        recents.note(visit, kind, found.id)
        with title:
            recents.star(visit, kind, found.id)
            st.link_button(
                "Its page on the Hub", f"{hub.endpoint()}/{PREFIX[kind]}{found.id}", icon=":material/open_in_new:", type="tertiary"
            )
        st.caption(" · ".join(lines(found)))
        if kind == MODELS:
            _offer(visit, found, token)
        else:
            dataset.offer(visit, found, token)
        _card(visit.settings, kind, found, user, token)


def lines(found: hub.Repository) -> list[str]:
    """The facts in words, safe in Markdown."""
    said = [plain(found.task) if found.task else "", plain(found.library) if found.library else ""]
    millions = found.parameters / 1e6 if found.parameters else 0.0
    said.append(f"{millions:,.{0 if millions > 10 else 2}f} million parameters" if millions else "")
    said.append(f"{size(found.size_bytes)} to fetch" if found.size_bytes else "size unknown")
    said.append(f"licence {plain(found.licence)}" if found.licence else "no licence named")
    said += [f"{count(found.downloads, 'download')} in 30 days", count(found.likes, "like")]
    said.append(f"changed {found.changed:%Y-%m-%d}" if found.changed else "")
    said.append(f"commit {found.commit[:12]}")
    return [fact for fact in said if fact]


def _offer(visit: Visit, found: hub.Repository, token: str | None) -> None:
    """Why not, what to mind, and the button."""
    why_not = hub.unfit(found, hub.cache_folder())
    for sentence in why_not:
        st.error(plain(sentence, 300), icon=":material/block:")
    for sentence in hub.cautions(found, models.known_repositories()):
        st.warning(plain(sentence, 300), icon=":material/visibility:")
    reference = f"{found.id}@{found.commit}"
    if any(one.reference == reference for one in models.read_fetched(visit.settings, visit.workspace)):
        st.success("It is on this machine, and a choice wherever models are chosen.", icon=":material/check_circle:")
        fetches.model_links(found)
        return
    running = any(one.key == found.id and one.now().state == "running" for one in fetches.fetches().of(visit.workspace))
    label = f"Fetch {size(found.size_bytes)}" if found.size_bytes else "Fetch"
    if st.button(label, type="primary", icon=":material/download:", disabled=bool(why_not) or running, key="hub-fetch"):
        own = token is not None and (found.gated or found.private)
        done = partial(models.note_fetched, visit.settings, visit.workspace, reference, own_token=own)
        fetches.fetches().start(visit.settings, visit.workspace, found, token=token, on_done=done)
        st.rerun()


def _card(settings: Settings, kind: str, found: hub.Repository, user: str, token: str | None) -> None:
    with st.expander("The card, as its author wrote it", icon=":material/description:"):
        try:
            text = _card_text(settings, kind, found.id, found.commit, user, token)
        except SheetformerError as error:
            st.caption(f"The card cannot be shown. {plain(error.one_line(), 300)}")
            return
        if text:
            with st.container(height=CARD_PIXELS if len(text) > SHORT_CARD else "content", border=False):
                st.code(text, language=None, wrap_lines=True)  # users' words: shown as text, whatever is in them
        else:
            st.caption("This repository has no card.")


@st.cache_data(
    show_spinner="Asking the Hub…", max_entries=KEPT, ttl=SECONDS_KEPT, hash_funcs={Settings: lambda settings: str(settings.home)}
)
def _facts(settings: Settings, kind: str, name: str, user: str, _token: str | None) -> hub.Repository:
    return (hub.model_facts if kind == MODELS else hub.dataset_facts)(settings, name, token=_token)


@st.cache_data(show_spinner="Reading the card…", max_entries=KEPT, hash_funcs={Settings: lambda settings: str(settings.home)})
def _card_text(settings: Settings, kind: str, name: str, commit: str, user: str, _token: str | None) -> str:
    return hub.card_text(settings, name, commit, kind="model" if kind == MODELS else "dataset", token=_token)

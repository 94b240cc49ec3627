"""Words and filters, the repositories that fit, and the one that was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st

from core import hub, tasks
from core.settings import Settings
from pages.parts.frames import grid
from pages.parts.hub import account
from pages.parts.text import count, option
from pages.parts.visit import Visit, errors_shown

MODELS, DATA_SETS = "models", "datasets"
KINDS = {MODELS: "Models", DATA_SETS: "Data sets"}
SORTS = {
    "downloads": "Most downloads",
    "likes": "Most likes",
    "last_modified": "Changed last",
    "trending_score": "Trending",
    "created_at": "Newest",
}
SIZES = {
    "": "Any size",
    "100M": "Up to 100 million parameters",
    "500M": "Up to 500 million",
    "1B": "Up to 1 billion",
    "8B": "Up to 8 billion",
}
LIBRARIES = {"": "Any library", "transformers": "transformers", "peft": "peft (adapters)", "sentence-transformers": "sentence-transformers"}
REPOSITORY, WORDS, KIND, TASK, SORT = "repo", "q", "kind", "task", "sort"
STARTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Sentiment models": {WORDS: "sentiment", KIND: MODELS, TASK: "text-classification"},
        "Models that find names": {WORDS: "ner", KIND: MODELS, TASK: "token-classification"},
        "Data sets of reviews": {WORDS: "reviews", KIND: DATA_SETS},
    }
)
"""Searches for who does not know yet what to search."""
ANSWERS_KEPT, SECONDS_KEPT = 100, 120


def show(visit: Visit) -> tuple[str, str] | None:
    """The search; gives kind and owner/name of the repository that was chosen, here or in the address."""
    asked = _controls()
    if asked is None:
        named = st.query_params.get(REPOSITORY)
        if not named:
            _begin()
        return (st.query_params.get(KIND, MODELS), named) if named else None
    with errors_shown():
        user = account.signed_in(visit)
        found = _found(visit.settings, tuple(sorted(asked.items())), user, account.token_of(visit))
        return _choice(visit, asked["kind"], found)
    return None


def _begin() -> None:
    """Where a first visitor can start."""
    st.info("Search by words, or begin with one of these. Nothing is asked of the Hub before.", icon=":material/travel_explore:")
    with st.container(horizontal=True):
        for label, query in STARTS.items():
            if st.button(label, icon=":material/search:", key=f"start-{label}"):
                st.query_params.from_dict(dict(query))
                st.rerun()


def _controls() -> dict[str, Any] | None:
    """What is asked for; ``None`` until something is."""
    address = st.query_params
    with st.form("hub-search", border=False):
        left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
        words = left.text_input("Words in the name", address.get(WORDS, ""), placeholder="sentiment, bert, reviews")
        kinds = list(KINDS)
        kind = middle.selectbox(
            "What", kinds, index=kinds.index(address.get(KIND, MODELS)) if address.get(KIND) in KINDS else 0, format_func=KINDS.get
        )
        sorts = list(SORTS)
        sort = right.selectbox("Order", sorts, index=sorts.index(address[SORT]) if address.get(SORT) in SORTS else 0, format_func=SORTS.get)
        with st.expander("More filters"):
            names = ["", *(task.name for task in tasks.all_tasks())]
            wanted = address.get(TASK)
            task = st.selectbox(
                "Task",
                names,
                index=names.index(wanted) if wanted in names else 0,
                format_func=lambda name: tasks.get(name).title if name else "Any task",
            )
            first, second = st.columns(2)
            author = first.text_input("User or organisation")
            licence = second.text_input("Licence, as the Hub names it", placeholder="apache-2.0")
            library = first.selectbox("Library", list(LIBRARIES), format_func=LIBRARIES.get, help="Models only.")
            size = second.selectbox("Size", list(SIZES), format_func=SIZES.get, help="Models only.")
        pressed = st.form_submit_button("Search the Hub", type="primary", icon=":material/search:")
    if pressed:
        for name, value in {WORDS: words, KIND: kind, SORT: sort, TASK: task}.items():
            address[name] = value
        address.pop(REPOSITORY, None)
    if not pressed and WORDS not in address:
        return None
    return {
        "words": words,
        "kind": kind,
        "sort": sort,
        "task": task,
        "author": author,
        "licence": licence,
        "library": library,
        "size": size,
    }


@st.cache_data(
    show_spinner="Asking the Hub…",
    max_entries=ANSWERS_KEPT,
    ttl=SECONDS_KEPT,
    hash_funcs={Settings: lambda settings: str(settings.home)},
)
def _found(settings: Settings, asked: tuple[tuple[str, Any], ...], user: str, _token: str | None) -> list[hub.Repository]:
    """The answer, kept for a moment for whoever asks the same as the same user."""
    given = dict(asked)
    shared = {name: given[name] or None for name in ("task", "author", "licence")}
    shared |= {"sort": given["sort"], "limit": settings.max_hub_results, "token": _token}
    if given["kind"] == DATA_SETS:
        return hub.search_datasets(settings, given["words"], **shared)
    return hub.search_models(settings, given["words"], **shared, library=given["library"] or None, most_parameters=given["size"] or None)


def _choice(visit: Visit, kind: str, found: list[hub.Repository]) -> tuple[str, str] | None:
    """The list; a tick on a line names a repository."""
    if not found:
        st.info("Nothing on the Hub fits. Use fewer words or filters.", icon=":material/search_off:")
        return None
    at_most = " The list ends here; narrow the search to see others." if len(found) == visit.settings.max_hub_results else ""
    clicked = grid(
        frame(kind, found),
        alt=f"{count(len(found), 'repository', 'repositories')}: name, task, licence, downloads, likes, last change.",
        limit=visit.settings.max_shown_characters,
        key=f"hub-found-{hash(tuple(one.id for one in found)) & 0xFFFFFFFF:x}",
        selection="single-row",
        config={name: st.column_config.NumberColumn(format="localized") for name in ("downloads", "likes")},
    )
    st.caption(f"{count(len(found), 'repository', 'repositories')}. Tick a line to look closer.{at_most}")
    if clicked and clicked[0] < len(found):
        st.query_params[REPOSITORY] = found[clicked[0]].id
    named = st.query_params.get(REPOSITORY)
    return (kind, named) if named else None


def frame(kind: str, found: list[hub.Repository]) -> pd.DataFrame:
    """The repositories as a table for people."""
    columns: dict[str, list[Any]] = {"name": [one.id for one in found]}
    if kind == MODELS:
        columns["can be used"] = [usable(one) for one in found]
        columns["task"] = [one.task for one in found]
        columns["million parameters"] = [millions(one.parameters) for one in found]
    else:
        columns["access"] = ["gated" if one.gated else "private" if one.private else "open" for one in found]
    columns["licence"] = [option(one.licence) if one.licence else "none named" for one in found]
    columns["downloads"] = [one.downloads for one in found]
    columns["likes"] = [one.likes for one in found]
    columns["changed"] = [f"{one.changed:%Y-%m-%d}" if one.changed else "" for one in found]
    known = {name: values for name, values in columns.items() if any(value is not None for value in values)}
    return pd.DataFrame(known)


def millions(parameters: int | None) -> float | None:
    """In millions, with two digits where there are few."""
    return round(parameters / 1e6, 1 if parameters >= 1e6 else 2) if parameters else None


def usable(found: hub.Repository) -> str:
    """One word or two on whether a model can be used, from the list alone."""
    if not found.safetensors:
        return "no: no safetensors"
    if found.remote_code:
        return "no: needs own code"
    return "with access: gated" if found.gated else "yes"

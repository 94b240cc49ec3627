"""Where to: a new repository or one that exists, its main branch, another, or a pull request."""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from core import publish
from core.errors import SheetformerError
from core.hub import MAIN
from pages.parts.hub import account
from pages.parts.publish import asked, pushes
from pages.parts.publish.things import RESULT, Ready
from pages.parts.text import count, message, option, plain
from pages.parts.visit import Visit, show_error

TWICE = re.compile(r"([.-])[.-]+")
NEW, THERE = "new", "there"
WAYS = {NEW: "A new repository", THERE: "One that exists"}
TO_MAIN, TO_BRANCH, AS_PULL = "main", "branch", "pull"
TARGETS = {TO_MAIN: "Its main branch", TO_BRANCH: "Another branch", AS_PULL: "A pull request"}


@dataclass(frozen=True)
class Place:
    """Where to.

    Args:
        problem: why nothing can be pushed there yet; empty where it can.
    """

    repository: str
    create: bool
    private: bool
    branch: str = MAIN
    pull_request: bool = False
    parent: str | None = None
    problem: str = ""


def show(visit: Visit, ready: Ready) -> Place:
    """The controls."""
    st.subheader("Where to", anchor=False)
    user = account.signed_in(visit)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    name = left.text_input(
        "Repository",
        proposed(user, ready),
        key=f"publish-repository-{ready.thing.address}-{user}",
        help="owner/name: your user name or an organisation of yours, and a name.",
    ).strip()
    known = pushes.was_pushed_to(visit, ready.thing.kind, name)  # another key: the next push is to the repository that the last one made
    way = right.selectbox(
        "It is", list(WAYS), int(known), format_func=WAYS.__getitem__, key="publish-way-again" if known else "publish-way"
    )
    try:
        publish.check_repository(name)
    except SheetformerError as error:
        left.caption(f":material/block: {message(error.next_step)}")
        return Place(name, way == NEW, private=True, problem=error.one_line())
    return _new(name) if way == NEW else _there(visit, ready, name)


def proposed(user: str, ready: Ready) -> str:
    """A name to begin with, which the Hub takes; never one of a file."""
    name = f"scored-{ready.thing.name[:6]}" if ready.thing.sort == RESULT else TWICE.sub(r"\1", ready.thing.name)
    return f"{user or 'owner'}/{name.strip('-.')}"


def _new(name: str) -> Place:
    private = st.toggle("Private: only you and your organisation see it", value=True, key="publish-private")
    if not private:
        st.caption(":material/public: Everybody on the internet will be able to read it.")
    return Place(name, create=True, private=private)


def _there(visit: Visit, ready: Ready, name: str) -> Place:
    """An existing repository as it is now; a push is for the state that is shown here."""
    try:
        found = asked.state(visit.settings, ready.thing.kind, name, account.signed_in(visit), account.token_of(visit))
    except SheetformerError as error:
        show_error(error)
        return Place(name, create=False, private=True, problem="The repository cannot be reached.")
    who = "private" if found.private else "public: everybody can read it"
    st.caption(f"{plain(name)} is {who}. {count(len(found.files), 'file')}, commit {found.commit[:12]}.")
    left, right = st.columns(2, vertical_alignment="bottom")
    target = left.selectbox("Push to", list(TARGETS), format_func=TARGETS.__getitem__, key="publish-target")
    if target != TO_BRANCH:
        return Place(name, create=False, private=found.private, pull_request=target == AS_PULL, parent=found.commit)
    branch = right.selectbox(
        "Branch",
        [each for each in found.branches if each != MAIN],
        index=None,
        format_func=option,
        accept_new_options=True,
        placeholder="Choose one, or write a new name",
        key="publish-branch",
    )
    try:
        publish.check_branch(branch or "")
    except SheetformerError as error:
        return Place(name, create=False, private=found.private, problem=error.one_line())
    return Place(name, create=False, private=found.private, branch=str(branch))

"""The last look: which files leave, what in them should not, and the button."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import publish
from core.errors import SheetformerError
from pages.parts.frames import grid
from pages.parts.hub import account
from pages.parts.publish import asked, things
from pages.parts.publish.place import Place
from pages.parts.publish.pushes import pushes
from pages.parts.publish.things import Ready
from pages.parts.text import count, message, plain, size
from pages.parts.visit import Visit, errors_shown

CARD = "README.md"


def show(visit: Visit, ready: Ready, place: Place, card: str) -> None:
    """Files, findings, and the push."""
    st.subheader("What leaves", anchor=False)
    found = [*publish.in_card(visit.settings, card, ready.names), *ready.found]
    sizes = {CARD: len(card.encode())} | {file: path.stat().st_size for file, path in ready.files.files().items() if file != CARD}
    grid(
        pd.DataFrame({"file": list(sizes), "size": [size(number) for number in sizes.values()]}),
        alt=f"{count(len(sizes), 'file')} that would leave, with their sizes.",
        limit=visit.settings.max_shown_characters,
    )
    st.caption(f"{count(len(sizes), 'file')}, {size(sum(sizes.values()))} in all. Nothing else leaves this machine.")
    problems = [place.problem] if place.problem else []
    problems += _card_problem(visit, ready, card)
    _say(found)
    note = st.text_input(
        "What this push is, for the list of versions", _message(ready), key=f"publish-message-{ready.thing.sort}", max_chars=200
    )
    token = account.token_of(visit)
    if token is None:
        problems.append("Sign in above with a token that may write.")
    for problem in problems:
        st.caption(f":material/block: {message(problem)}")
    stopped = bool(problems) or any(one.stops for one in found) or not note.strip()
    label = f"Push to {plain(place.repository)}" if not place.pull_request else f"Ask {plain(place.repository)} by a pull request"
    if st.button(label, type="primary", icon=":material/cloud_upload:", disabled=stopped, key="publish-push"):
        with errors_shown():
            _start(visit, ready, place, card, note.strip(), token)


def _card_problem(visit: Visit, ready: Ready, card: str) -> list[str]:
    try:
        publish.check_card(visit.settings, card, ready.thing.kind)
    except SheetformerError as error:
        return [error.one_line()]
    return []


def _say(found: list[publish.Finding]) -> None:
    """What should not leave, a line each; what stops a push first."""
    for one in sorted(found, key=lambda one: not one.stops):
        if one.stops:
            st.error(f"{message(one.line())}. It must go before anything is pushed.", icon=":material/block:")
        else:
            st.warning(f"{message(one.line())}. Leave the column out if nobody should read it.", icon=":material/visibility:")
    if not found:
        st.caption(":material/check: No token, no path of this machine and no name of a file of yours was found in them.")


def _message(ready: Ready) -> str:
    return {things.RESULT: "A scored table", things.ADAPTER: "An adapter"}.get(ready.thing.sort, "A model")


def _start(visit: Visit, ready: Ready, place: Place, card: str, note: str, token: str | None) -> None:
    ready.files.write_card(card)
    order = publish.Order(
        kind=ready.thing.kind,
        repository=place.repository,
        create=place.create,
        private=place.private,
        branch=place.branch,
        pull_request=place.pull_request,
        parent=place.parent,
        message=note,
        files=ready.files.files(),
    )
    pushes().start(visit.settings, visit.workspace, order, token=token, on_done=ready.files.discard)
    things.sent()
    asked.forget()
    st.rerun()

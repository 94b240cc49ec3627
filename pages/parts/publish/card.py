"""The card: written from the facts, corrected by its author, and looked at as it will read."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import publish
from core.errors import SheetformerError
from core.models import own_adapter_folder
from core.runs import open_run
from core.schema import ModelReference
from pages.parts.frames import grid
from pages.parts.publish.place import Place
from pages.parts.publish.things import MERGED, RESULT, Ready
from pages.parts.tabs import tabs
from pages.parts.text import option, plain, visible
from pages.parts.visit import Visit, show_error

TEXTS = "publish_card_texts"
PIXELS = 420
LONGEST_LINE = 2_000


def show(visit: Visit, ready: Ready, place: Place) -> str:
    """What only the author knows, how it reads, and its text. Returns the card, also where it is not one yet."""
    st.subheader("Its card", anchor=False)
    about = _about(ready, place)
    try:
        fresh = written(visit, ready, about)
    except SheetformerError as error:
        show_error(error)
        return ""
    reads, edit = tabs(["How it reads", "Edit it"], key="publish-card-tab").values()
    with edit:
        text = _edited(f"publish-card-{ready.thing.address}", fresh)
    with reads.container(height=PIXELS):
        preview(text)
    return text


def _edited(key: str, fresh: str) -> str:
    """The text of the field: it follows the facts until its author changes it, and keeps their changes while other tabs are open."""
    made, kept = st.session_state.setdefault(TEXTS, {}).get(key, ("", ""))
    st.session_state[key] = fresh if kept == made else st.session_state.get(key, kept)
    text = st.text_area("Card, as Markdown under its front matter", key=key, height=PIXELS, on_change=_changed, args=(key,))
    st.session_state[TEXTS][key] = (fresh if kept == made else made, text)
    if text != fresh:
        again = {"key": "publish-card-again", "icon": ":material/restart_alt:", "on_click": _again, "args": (key,)}
        st.button("Write it again from the facts", **again)
    return text


def _changed(key: str) -> None:
    made, _ = st.session_state[TEXTS][key]
    st.session_state[TEXTS][key] = (made, st.session_state[key])


def _again(key: str) -> None:
    st.session_state[TEXTS].pop(key, None)


def _about(ready: Ready, place: Place) -> publish.About:
    names, kind, (data_set, its_licence) = list(publish.LICENCES), ready.thing.kind, ready.data
    known_here = [*names, *([its_licence] if its_licence not in names else [])]
    first, second, third = st.columns(3, vertical_alignment="bottom")
    known = publish.LICENCES if ready.thing.sort == RESULT else {**publish.LICENCES, "": "As its base has it"}
    licence = first.selectbox("Licence", names, format_func=known.__getitem__, key=f"publish-licence-{kind}")
    data = second.text_input(
        "Data behind it",
        data_set,
        key=f"publish-data-{ready.thing.address}",
        max_chars=200,
        placeholder="Reviews of a shop, 2025",
        help="In words, or owner/name of a data set of the Hub. Not the name of a file.",
    )
    data_licence = third.selectbox(
        "Licence of that data",
        known_here,
        index=known_here.index(its_licence),
        format_func=lambda name: publish.LICENCES.get(name) or option(name),
        key=f"publish-data-licence-{ready.thing.address}",
    )
    return publish.About(repository=place.repository, licence=licence, data_name=" ".join(data.split()), data_licence=data_licence)


def written(visit: Visit, ready: Ready, about: publish.About) -> str:
    """The card as the facts have it.

    Raises:
        SheetformerError: what it tells of is gone.
    """
    thing, settings = ready.thing, visit.settings
    if thing.sort == RESULT:
        return publish.data_card(ready.files.folder, open_run(settings, thing.name), about)
    adapter = own_adapter_folder(settings, visit.workspace, ModelReference.parse(f"adapter:{thing.name}")) if thing.sort == MERGED else None
    return publish.model_card(settings, ready.files.folder, about, written=adapter)


def preview(text: str) -> None:
    """The card's body in its form, its words as words: no link, picture or HTML of anybody is drawn."""
    body = text.split("\n---", 1)[1] if text.startswith("---") and "\n---" in text else text
    block: list[str] = []
    fenced = False
    for line in [*body.strip("-\n").splitlines(), ""]:
        if line.startswith("```"):
            fenced = not fenced
            _draw(block)
            block = ["```"] if fenced else []
        elif fenced or _sort(line) == _sort(block[-1] if block else line):
            block.append(line)
        else:
            _draw(block)
            block = [line]
    _draw(block)


def _sort(line: str) -> str:
    """What a line is, as far as a preview tells."""
    for mark, sort in (("#", "title"), ("|", "table"), ("- ", "list"), ("    ", "code")):
        if line.startswith(mark):
            return sort
    return "words" if line.strip() else "nothing"


def _draw(block: list[str]) -> None:
    lines = [line for line in block if line.strip()]
    if not lines:
        return
    if lines[0] == "```" or _sort(lines[0]) == "code":
        st.code("\n".join(visible(line) for line in lines if line != "```"), language=None, wrap_lines=True)
    elif _sort(lines[0]) == "title":
        st.markdown("\n\n".join(f"**{plain(line.lstrip('# '), LONGEST_LINE)}**" for line in lines))
    elif _sort(lines[0]) == "list":
        st.markdown("\n".join(f"- {_words(line[2:])}" for line in lines))
    elif _sort(lines[0]) == "table":
        _table(lines)
    else:
        st.markdown(_words(" ".join(lines)))


def _words(line: str) -> str:
    """Words as words, and what stands between two backticks as code, in which nothing else means anything."""
    pieces = line[:LONGEST_LINE].split("`")
    if len(pieces) % 2 == 0 or not all(pieces[1::2]):
        return plain(line, LONGEST_LINE)
    return "".join(f"`{visible(piece)}`" if at % 2 else plain(piece, LONGEST_LINE) for at, piece in enumerate(pieces))


def _table(lines: list[str]) -> None:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    head, cells = rows[0], [row for row in rows[1:] if not set("".join(row)) <= set("-: ")]
    frame = pd.DataFrame([dict(enumerate(row)) for row in cells], columns=range(len(head)))
    grid(frame.rename(columns=dict(enumerate(head))), alt=f"A table of the card with {len(cells)} rows.", limit=LONGEST_LINE)

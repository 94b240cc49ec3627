"""Messages in a chat template: what a model is sent in truth."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.inspect.tokens.chat import DEFAULT, EXAMPLE, OWN
from core.inspect.tokens.shapes import Chat
from pages.parts import address
from pages.parts.text import count, message, plain, visible
from pages.parts.tokens import marks
from pages.parts.tokens import text as tokens_text
from pages.parts.tokens.ask import Chosen, ask, save_button
from pages.parts.visit import Visit, errors_shown

SYSTEM, USER, ANSWER, ON, TEMPLATE, SOURCE, WHICH = (
    f"chat-{name}" for name in ("system", "user", "answer", "on", "template", "source", "of")
)
FIRST = "What is a token?"
NAMES = {DEFAULT: "The model's own", EXAMPLE: "An example (ChatML)", OWN: "Your own"}
OWN_START = "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}\n{% endfor %}"


def show(visit: Visit, chosen: Chosen) -> None:
    """The messages, the template, and what becomes of them, token by token."""
    model = st.selectbox("Of", chosen.models, key=WHICH) if len(chosen.models) > 1 else chosen.models[0]
    messages = _messages()
    template, own = _template()
    address.take(ON, "on", {"no": False}.__getitem__, default=True)
    goes_on = st.checkbox("End where the model would answer", key=ON)
    address.put("on", *([] if goes_on else ["no"]))
    if not messages:
        st.info("Write a message.", icon=":material/info:")
        return
    with errors_shown():
        asked = ask(visit, chosen, model, "chat", messages=messages, template=template, own=own, answer=goes_on)
        _answer(visit, Chat.model_validate(asked))


def _messages() -> list[dict[str, str]]:
    """System, user, assistant: those that have a text."""
    found = []
    for role, key, label, default in (
        ("system", SYSTEM, "System message", ""),
        ("user", USER, "Your message", FIRST),
        ("assistant", ANSWER, "An earlier answer", ""),
    ):
        address.take(key, role, str, default=default)
        text = st.text_area(label, key=key, height=70, placeholder="None" if not default else None)
        address.put(role, *([text] if text != default else []))
        if text:
            found.append({"role": role, "content": text})
    return found


def _template() -> tuple[str, str]:
    """Which template, and its text where it is the visitor's own."""
    address.take(TEMPLATE, "template", lambda word: word if word in NAMES else word[:60], default=DEFAULT)
    options: list[str] = list(dict.fromkeys([*NAMES, st.session_state[TEMPLATE]]))
    name = st.selectbox("Template", options, format_func=lambda word: NAMES.get(word, word), key=TEMPLATE)
    address.put("template", *([name] if name != DEFAULT else []))
    if name != OWN:
        return name, ""
    address.take(SOURCE, "source", str, default=OWN_START)
    own = st.text_area("Template in Jinja", key=SOURCE, height=140, help="Rendered in a sandbox, under limits of time, memory and size.")
    address.put("source", *([own] if own != OWN_START else []))
    return name, own


def _answer(visit: Visit, found: Chat) -> None:
    read: Any = found.read
    if read is None:
        return
    for note in found.notes:
        st.caption(f":material/info: {message(note)}")
    if len(found.templates) > 1:
        st.caption(f"This model has the templates {', '.join(plain(name) for name in found.templates)}.")
    more = len(read.tokens) - found.plain
    st.markdown(f"**{count(len(read.tokens), 'token')}**, {more:,} of them by the template.")
    tokens_text.take_picked()
    tokens_text.picture(visit, read)
    tokens_text.explained([read])
    st.caption(marks.LEGEND)
    with st.expander("The text that is sent", icon=":material/article:"):
        st.code("\n".join(visible(line) for line in read.text.split("\n")), language=None, wrap_lines=True)
        save_button(tokens_text.frame_of(read), "chat-tokens", key="chat-csv")

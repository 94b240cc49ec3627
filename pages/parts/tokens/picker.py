"""Which tokenizers: those of the models at hand, or any of the Hub by its name."""

from __future__ import annotations

import streamlit as st

from core import models
from core.errors import SheetformerError
from core.inspect.tokens import AUTO
from core.schema import ModelReference
from pages.parts import address
from pages.parts.choices.model_picker import MODEL
from pages.parts.live import desk
from pages.parts.text import option
from pages.parts.tokens.ask import Chosen
from pages.parts.visit import Visit, show_error

FIRST = "embedded:minilm"
MOST = 3
CONTROL, KIND, CLASS = "token-models", "token-class", "class"
CLASSES = (AUTO, "BertTokenizer", "BertTokenizerLegacy", "PreTrainedTokenizerFast")
HELP = "Up to three side by side. Type owner/name for any model of the Hub; only its tokenizer is fetched."


def pick(visit: Visit) -> Chosen | None:
    """The tokenizers of the address, or the embedded one; the choice goes into the address. ``None`` where there is none."""
    desk(visit.settings)  # the process that holds tokenizers starts while the visitor reads
    listed = list(dict.fromkeys(entry.reference for entry in models.list_models(visit.settings, None, visit.workspace)))
    address.take_many(CONTROL, MODEL, _reference)
    st.session_state[CONTROL] = (st.session_state.get(CONTROL) or [])[:MOST]
    if not st.session_state[CONTROL] and f"{CONTROL}-seen" not in st.session_state:
        st.session_state[CONTROL] = [FIRST]
    st.session_state[f"{CONTROL}-seen"] = True
    options = list(dict.fromkeys([*listed, *st.session_state[CONTROL]]))
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    picked = left.multiselect(
        "Tokenizers of", options, key=CONTROL, format_func=option, max_selections=MOST, accept_new_options=True, help=HELP
    )
    address.take(KIND, CLASS, _class)
    kind = right.selectbox(
        "Read by",
        _classes(),
        key=KIND,
        accept_new_options=True,
        help="The class of transformers that reads the files. AutoTokenizer takes the one that the model names; others have to fit.",
    )
    address.put(MODEL, *([] if picked == [FIRST] else picked))
    address.put(CLASS, *([] if kind in (AUTO, None) else [kind]))
    return _checked(picked, kind or AUTO)


def _checked(picked: list[str], kind: str) -> Chosen | None:
    if not picked:
        st.info("Choose at least one tokenizer.", icon=":material/info:")
        return None
    try:
        return Chosen(tuple(str(ModelReference.parse(reference)) for reference in picked), kind)
    except SheetformerError as error:
        show_error(error)
        return None


def _classes() -> list[str]:
    return list(dict.fromkeys([*CLASSES, st.session_state.get(KIND) or AUTO]))


def _reference(text: str) -> str:
    try:
        return str(ModelReference.parse(text))
    except SheetformerError as error:
        raise ValueError(text) from error


def _class(text: str) -> str:
    if not text.isidentifier():
        raise ValueError(text)
    return text

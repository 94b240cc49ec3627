"""Options that decide what a model is asked: the user's own labels, how long an answer may be, how many beams are followed."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import streamlit as st

from core.schema import LookSpec
from core.tasks.question_answering import LONGEST
from core.tasks.zero_shot_classification import NLI_TEMPLATE, PLACE
from pages.parts import address
from pages.parts.visit import Visit

LABELS, SEVERAL, TEMPLATE = "logits-labels", "logits-several", "logits-template"
EXAMPLE_LABELS = ("battery", "delivery", "price", "support")
ON = "on"


def choose(visit: Visit, look: LookSpec) -> LookSpec | None:
    """The look with the options of its task; ``None`` while one that is needed is missing, which the page then says."""
    return OPTIONS[look.task](visit, look) if look.task in OPTIONS else look


def _own_labels(visit: Visit, look: LookSpec) -> LookSpec | None:
    """Labels, whether several may fit, and the sentence that stands for one."""
    address.take_many(LABELS, "labels", str)
    address.take(SEVERAL, "several", lambda word: {ON: True}[word], False)
    address.take(TEMPLATE, "hypothesis", _read_template, "")
    labels = st.multiselect(
        "Labels to choose among",
        list(dict.fromkeys(st.session_state[LABELS])),
        accept_new_options=True,
        key=LABELS,
        placeholder="Type a label and press Enter",
    )
    first, second = st.columns([3, 2], vertical_alignment="bottom")
    with first:
        template = st.text_input("Sentence for a label", key=TEMPLATE, placeholder=f"As the model has it, such as {NLI_TEMPLATE}")
    with second:
        several = st.toggle("Several labels may fit a text", key=SEVERAL)
    address.put("labels", *labels)
    address.put("several", *([ON] if several else []))
    if template and template.count(PLACE) != 1:
        st.warning(f"Write {PLACE} once in the sentence, where the label should stand.", icon=":material/info:")
        return None
    address.put("hypothesis", *([template] if template else []))
    if not labels:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.write("Name the labels that the text could have.")
            st.button("Use example labels", icon=":material/lightbulb:", on_click=_example_labels)
        return None
    options = {"labels": list(labels)} | ({"multi_label": True} if several else {})
    return look.model_copy(update={"options": {**look.options, **options} | ({"hypothesis_template": template} if template else {})})


def _read_template(text: str) -> str:
    if text.count(PLACE) != 1:
        raise ValueError(text)
    return text


def _example_labels() -> None:
    st.session_state[LABELS] = list(EXAMPLE_LABELS)


def _answers(visit: Visit, look: LookSpec) -> LookSpec:
    """Which span may be an answer."""
    address.take("logits-longest", "longest", address.whole(1, LONGEST))
    address.take("logits-none", "no-answer", lambda word: {ON: True}[word], False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        longest = st.number_input(
            "Longest answer, in tokens",
            min_value=1,
            max_value=LONGEST,
            value=None,
            placeholder="As the model has it",
            key="logits-longest",
            width=240,
        )
        none = st.checkbox("The text may have no answer", key="logits-none")
    address.put("longest", *([str(longest)] if longest else []))
    address.put("no-answer", *([ON] if none else []))
    options = ({"handle_no_answer": True} if none else {}) | ({"max_answer_length": longest} if longest else {})
    return look.model_copy(update={"options": {**look.options, **options}})


def _written(visit: Visit, look: LookSpec) -> LookSpec:
    """Beams, and the length of the answer."""
    settings = visit.settings
    address.take("steps-beams", "beams", address.whole(1, settings.max_tree_beams), min(4, settings.max_tree_beams))
    address.take("steps-new", "new", address.whole(1, settings.max_written_tokens), min(40, settings.max_written_tokens))
    first, second = st.columns(2)
    with first:
        beams = st.number_input("Beams", 1, settings.max_tree_beams, key="steps-beams", help="Answers followed at once; 1 is greedy.")
    with second:
        new = st.number_input("Longest answer, in tokens", 1, settings.max_written_tokens, key="steps-new")
    address.put("beams", str(beams))
    address.put("new", str(new))
    chosen = {"num_beams": int(beams), "max_new_tokens": int(new), "num_return_sequences": 1, "do_sample": False}
    return look.model_copy(update={"options": {**look.options, **chosen}})


OPTIONS: MappingProxyType[str, Callable[[Visit, LookSpec], LookSpec | None]] = MappingProxyType(
    {
        "zero-shot-classification": _own_labels,
        "question-answering": _answers,
        "text2text-generation": _written,
        "summarization": _written,
        "translation": _written,
    }
)
"""Task name to the controls of what its models are asked."""

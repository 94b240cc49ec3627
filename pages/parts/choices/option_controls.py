"""Controls for the options of a task, made from their definitions, and for what every run has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from core import tasks

LABELS = {
    "max_new_tokens": "Longest answer, in tokens",
    "min_new_tokens": "Shortest answer, in tokens",
    "max_length": "Longest text, in tokens",
    "do_sample": "Draw at random",
    "num_beams": "Beams",
    "num_return_sequences": "Answers for each row",
    "no_repeat_ngram_size": "No repeated run of tokens",
    "top_p": "Top p",
    "top_k": "Top k",
    "min_score": "Lowest score",
    "near_duplicates": "Duplicates from this similarity on",
    "similar": "Similar rows to name",
    "multi_label": "Several labels may fit a text",
    "question_text": "One question for every row",
    "stop": "Stop at these texts",
    "token_logprobs": "Each token's log-probability",
    "n_best": "Answers to list",
    "max_answer_length": "Longest answer, in tokens",
    "handle_no_answer": "A text may have no answer",
    "targets": "Choose only among these words",
    "function": "From logits to scores",
    "ignore_labels": "Labels to leave out",
    "chat": "Send as a chat message",
    "prefix": "Text before each cell",
    "all_probabilities": "A probability for every label",
    "normalise": "Vectors of length 1",
    "map": "Make a map",
    "temperature": "Temperature",
}
"""Names of options on the page, where the field's own name does not read as English."""

ONLY_WITH = {
    **dict.fromkeys(("temperature", "top_p", "top_k", "seed"), "do_sample"),
    "no_answer_threshold": "handle_no_answer",
}
"""Options that mean nothing without another one; fill-mask has a ``top_k`` of its own."""

FREE = {"targets": "All words", "stop": "None"}


@dataclass(frozen=True)
class Chosen:
    """What the user set; ``task`` holds only what differs from the default."""

    task: dict[str, Any]
    precision: Literal["auto", "fp32", "bf16", "int8"]
    limit: int | None


def option_controls(
    task: tasks.Task, rows: int, *, names: Sequence[str] | None = None, set_before: Mapping[str, Any] | None = None
) -> Chosen:
    """All other options, folded away: a first run needs none of them.

    Args:
        names: the options that mean something here; all where ``None``.
        set_before: options that have a control elsewhere, with their values.
    """
    fields, chosen = task.Options.model_fields, dict(set_before or {})
    with st.expander("Options", icon=":material/tune:"):
        places = st.columns(3)
        limit = places[0].number_input(
            "Only the first rows",
            min_value=1,
            max_value=rows,
            value=None,
            placeholder="All rows",
            help="Try the settings on a few rows first.",
        )
        precision = places[1].selectbox(
            "Precision",
            ["auto", "fp32", "bf16", "int8"],
            help="auto compares fp32 and bf16 on a few of your rows and takes bf16 where it is faster and agrees. "
            "int8 is taken only where it agrees too.",
        )
        shown = [name for name in (fields if names is None else names) if name not in chosen and _means_something(task, name)]
        for number, name in enumerate((name for name in shown if fields[name].annotation is not bool), start=2):
            if number % 3 == 0:  # a line at a time, so that a narrow screen keeps the order
                places = st.columns(3)
            with places[number % 3]:
                chosen[name] = control(key_of(task, name), name, fields[name])
        with st.container(horizontal=True):
            chosen |= {name: control(key_of(task, name), name, fields[name]) for name in shown if fields[name].annotation is bool}
    return Chosen({name: value for name, value in chosen.items() if value != fields[name].default}, precision, limit)


def key_of(task: tasks.Task, name: str) -> str:
    """The key of an option's control."""
    return f"option-{task.name}-{name}"


def control(key: str, name: str, field: FieldInfo, *, label: str | None = None, empty: str | None = None) -> Any:
    """A control for one option; its type and bounds come from the definition.

    Args:
        label: in the place of the usual one for this name.
        empty: what a control without a value says.
    """
    label, text = label or label_of(name), field.description
    if get_origin(field.annotation) is Literal:
        choices = list(get_args(field.annotation))
        return st.selectbox(label, choices, index=choices.index(field.default), key=key, help=text)
    if field.annotation is bool:
        return st.checkbox(label, value=field.default, key=key, help=text)
    if get_origin(field.annotation) is tuple:
        return _texts(label, key, text, empty or FREE.get(name, ""), field.default or ())
    numbers = {float, int} & {field.annotation, *get_args(field.annotation)}
    if numbers:
        return _number(label, key, field, whole=float not in numbers, empty=empty or "As the model has it")
    return st.text_input(label, value=field.default or "", key=key, help=text)


def label_of(name: str) -> str:
    """What an option is called on the page."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def _number(label: str, key: str, field: FieldInfo, *, whole: bool, empty: str) -> float | int | None:
    low = next((limit.ge for limit in field.metadata if isinstance(limit, Ge)), None)
    high = next((limit.le for limit in field.metadata if isinstance(limit, Le)), None)
    kind, step = (int, 1) if whole else (float, _step(field.default))
    return st.number_input(
        label,
        value=field.default,
        min_value=None if low is None else kind(low),
        max_value=None if high is None else kind(high),
        step=step,
        format=None if whole else "%g",
        key=key,
        help=field.description,
        placeholder=empty,
    )


def _step(default: float | None) -> float:
    """A step of a size that matters: for a learning rate of 0.0008 it is 0.0001."""
    return 10.0 ** math.floor(math.log10(default)) if default and default < 0.05 else 0.05


def _texts(label: str, key: str, text: str | None, placeholder: str, before: Sequence[str]) -> tuple[str, ...]:
    """Several texts, each typed and ended with Enter: a comma may be part of one."""
    given = st.multiselect(
        label,
        list(dict.fromkeys([*before, *st.session_state.get(key, [])])),
        default=list(before) or None,
        accept_new_options=True,
        key=key,
        help=text,
        placeholder=placeholder or "Type and press Enter",
    )
    return tuple(dict.fromkeys(given))


def _means_something(task: tasks.Task, name: str) -> bool:
    """Whether the option it depends on is set; the control of that one may be drawn further down."""
    switch = ONLY_WITH.get(name)
    if switch in task.Options.model_fields:
        return bool(st.session_state.get(key_of(task, switch), False))
    if name == "length_penalty":
        return (st.session_state.get(key_of(task, "num_beams")) or 1) > 1
    return True

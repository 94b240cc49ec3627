"""Controls for the options of a task, made from their definitions, and for what every run has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from core import tasks


@dataclass(frozen=True)
class Chosen:
    """What the user set; ``task`` holds only what differs from the default."""

    task: dict[str, Any]
    precision: Literal["auto", "fp32", "bf16"]
    limit: int | None


def option_controls(task: tasks.Task, rows: int) -> Chosen:
    """All options, folded away: a first run needs none of them."""
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
            ["auto", "fp32", "bf16"],
            help="auto compares both on a few of your rows and takes bf16 where it is faster and agrees.",
        )
        fields = task.Options.model_fields.items()
        chosen = {}
        for number, (name, field) in enumerate(((n, f) for n, f in fields if f.annotation is not bool), start=2):
            with places[number % 3]:
                chosen[name] = _control(task, name, field)
        with st.container(horizontal=True):
            chosen |= {name: _control(task, name, field) for name, field in fields if field.annotation is bool}
        set_by_user = {name: value for name, value in chosen.items() if value != task.Options.model_fields[name].default}
    return Chosen(set_by_user, precision, limit)


def _control(task: tasks.Task, name: str, field: FieldInfo) -> Any:
    """A control for one option; its type and bounds come from the definition."""
    label, key, text = name.replace("_", " ").capitalize(), f"option-{task.name}-{name}", field.description
    if get_origin(field.annotation) is Literal:
        choices = list(get_args(field.annotation))
        return st.selectbox(label, choices, index=choices.index(field.default), key=key, help=text)
    if field.annotation is bool:
        return st.checkbox(label, value=field.default, key=key, help=text)
    low = next((limit.ge for limit in field.metadata if isinstance(limit, Ge)), None)
    high = next((limit.le for limit in field.metadata if isinstance(limit, Le)), None)
    if field.annotation is float:
        return st.number_input(label, value=field.default, min_value=_float(low), max_value=_float(high), step=0.05, key=key, help=text)
    if int in (field.annotation, *get_args(field.annotation)):
        return st.number_input(
            label, value=field.default, min_value=low, max_value=high, step=1, key=key, help=text, placeholder="As the model has it"
        )
    return st.text_input(label, value=field.default or "", key=key, help=text)


def _float(bound: Any) -> float | None:
    return None if bound is None else float(bound)

"""Edit and compare: change the text, and see which words changed and what moved."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st

from core import charts, tasks
from core.inspect.changes import changes
from core.inspect.label_numbers import PROBABILITIES
from core.schema import LookSpec
from pages.parts import address, numbers
from pages.parts.choices import role_picker
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.highlight import Mark, marked
from pages.parts.logits import looking
from pages.parts.logits.labels import sentence
from pages.parts.logits.row import HEIGHTS, USUAL_HEIGHT, uses_of
from pages.parts.text import count, plain
from pages.parts.visit import Visit

BEFORE, AFTER = "before", "after"
REMOVED, ADDED = "removed", "added"
SWITCH = "logits-edit"


def show(visit: Visit, look: LookSpec) -> None:
    """A switch, a second set of fields that starts as the first, and the difference."""
    if look.task not in MOVED:
        return
    if SWITCH not in st.session_state:
        st.session_state[SWITCH] = any(_name(role) in st.query_params for role in look.cells)
    if not st.toggle("Edit and compare", key=SWITCH):
        for role in look.cells:
            address.put(_name(role))
        return
    edited = _fields(look)
    if edited == look.cells:
        st.caption("Change a word above: the answers before and after are then shown beside each other.")
        return
    if not all(text.strip() for text in edited.values()):
        st.caption("The changed text is empty.")
        return
    for name, text in look.cells.items():
        if edited[name] != text:
            _changed(text, edited[name])
    MOVED[look.task](visit, look, look.model_copy(update={"cells": edited}))


def _fields(look: LookSpec) -> dict[str, str]:
    """The texts as edited. They begin anew when the text above changes."""
    before = st.session_state.get("edit-of")
    if before != look.cells:
        for name, text in look.cells.items():
            st.session_state[f"edit-{name}"] = st.query_params.get(_name(name), text) if before is None else text
        st.session_state["edit-of"] = dict(look.cells)
    edited = {}
    for use in uses_of(tasks.get(look.task)):
        if use.role in look.cells:
            key, words = f"edit-{use.role}", role_picker.ROLE_WORDS.get(use.role, str(use.role))
            if key not in st.session_state:
                st.session_state[key] = look.cells[use.role]
            edited[str(use.role)] = st.text_area(f"{words}, changed", key=key, height=HEIGHTS.get(use.role, USUAL_HEIGHT))
    for name, text in edited.items():
        address.put(_name(name), *([text] if text != look.cells[name] and len(text) <= address.LONGEST else []))
    return {name: edited.get(name, text) for name, text in look.cells.items()}


def _name(role: str) -> str:
    """Of the changed text in the address."""
    return f"changed-{role}"


def _changed(before: str, after: str) -> None:
    """Both texts with the words that differ marked and named."""
    found = changes(before, after)
    left, right = st.columns(2, border=True)
    with left:
        st.markdown(marked(before, [Mark(*one.before, REMOVED) for one in found], [REMOVED]))
    with right:
        st.markdown(marked(after, [Mark(*one.after, ADDED) for one in found], ["", "", ADDED]))


def _labels(visit: Visit, look: LookSpec, edited: LookSpec) -> None:
    found = looking.ask(visit, "labels", look, others=[edited.cells])
    labels, problem = found["labels"], found["problem"]
    said = [sentence(labels, found["probabilities"][place], problem, found["predictions"][place]) for place in (0, 1)]
    same = found["predictions"][0] == found["predictions"][1]
    finding = f"{said[0]} before; {said[1]} after"
    if same and problem == "single":
        answer = found["predictions"][0][0]
        one, other = (found["probabilities"][place][labels.index(answer)] for place in (0, 1))
        finding = f"Still {answer}: {one:.1%} before, {other:.1%} after"
    series = {name: found["probabilities"][place] for place, name in enumerate((BEFORE, AFTER))}
    logits = {name: found["logits"][place] for place, name in enumerate((BEFORE, AFTER))}
    draw(
        charts.label_scores(
            labels, series, finding=finding, logits=logits, thresholds=found["thresholds"], probability=problem in PROBABILITIES
        ),
        "logits-moved",
    )
    frame = pd.DataFrame({"Label": labels})
    for kind, both in (("Logit", found["logits"]), ("Score", found["probabilities"])):
        frame[f"{kind} before"], frame[f"{kind} after"] = both
        frame[f"{kind} moved by"] = frame[f"{kind} after"] - frame[f"{kind} before"]
    frame = frame.reindex(frame["Logit moved by"].abs().sort_values(ascending=False, kind="stable").index)
    grid(frame, alt=f"Logits and scores of {count(len(labels), 'label')} before and after.", limit=visit.settings.max_shown_characters)
    numbers.offer(frame, "moved")


def _entities(visit: Visit, look: LookSpec, edited: LookSpec) -> None:
    both = [looking.ask(visit, "entities", one) for one in (look, edited)]
    found = [one["entities"][one["strategy"]] for one in both]
    kept, gone, new = _paired(*found)
    st.markdown(f"**{count(len(kept), 'entity', 'entities')} stayed, {len(gone)} went, {len(new)} came.**")
    rows = [
        {"Change": "stayed", "Type": one["label"], "Text": one["text"], "Score before": one["score"], "Score after": other["score"]}
        for one, other in kept
    ]
    rows += [{"Change": "went", "Type": one["label"], "Text": one["text"], "Score before": one["score"]} for one in gone]
    rows += [{"Change": "came", "Type": one["label"], "Text": one["text"], "Score after": one["score"]} for one in new]
    if not rows:
        st.caption("No entity before, and none after.")
        return
    frame = pd.DataFrame(rows, columns=["Change", "Type", "Text", "Score before", "Score after"])
    frame["Score moved by"] = frame["Score after"] - frame["Score before"]
    grid(frame, alt=f"{count(len(rows), 'entity', 'entities')} before and after.", limit=visit.settings.max_shown_characters)
    numbers.offer(frame, "moved")


def _paired(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[list[tuple[dict, dict]], list[dict], list[dict]]:
    """Entities of one type and text in both, in reading order; those of the first only, those of the second only."""
    left, kept, gone = list(after), [], []
    for one in before:
        other = next((other for other in left if (other["label"], other["text"]) == (one["label"], one["text"])), None)
        if other is None:
            gone.append(one)
        else:
            left.remove(other)
            kept.append((one, other))
    return kept, gone, left


def _answers(visit: Visit, look: LookSpec, edited: LookSpec) -> None:
    both = [looking.ask(visit, "answers", one) for one in (look, edited)]
    best = [one["answers"][0] for one in both]
    words = [one["text"] or "no answer" for one in best]
    moved = f"Still {words[0]}" if words[0] == words[1] else f"{words[0]} became {words[1]}"
    st.markdown(f"**{plain(moved, 200)}**")
    rows = {"Answer": words}
    for title, value in (
        ("Score", lambda one: one["answers"][0]["score"]),
        ("Start logit", lambda one: one["answers"][0]["start_logit"]),
        ("End logit", lambda one: one["answers"][0]["end_logit"]),
        ("No answer, sum of logits", lambda one: one["no_answer_logit"]),
    ):
        rows[title] = [value(one) for one in both]
    frame = pd.DataFrame({"": ["Before", "After"], **rows})
    grid(frame, alt="The answer before and after with its logits.", limit=visit.settings.max_shown_characters)
    answers = pd.concat([pd.DataFrame(one["answers"]).assign(when=when) for when, one in zip((BEFORE, AFTER), both, strict=True)])
    with st.expander("The likeliest answers before and after", icon=":material/table:"):
        shown = answers[["when", "text", "score", "start_logit", "end_logit"]]
        grid(shown, alt="The likeliest answers before and after.", limit=visit.settings.max_shown_characters)
        numbers.offer(shown, "moved")


MOVED: MappingProxyType[str, Callable[[Visit, LookSpec, LookSpec], None]] = MappingProxyType(
    {"text-classification": _labels, "token-classification": _entities, "question-answering": _answers}
)
"""Task name to what draws the difference between a look and the edited one."""

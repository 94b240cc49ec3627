"""The same text under another model, such as the base of an adapter."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts, models, tasks
from core.inspect.label_numbers import PROBABILITIES
from core.schema import LookSpec
from pages.parts import address, numbers
from pages.parts.choices import model_picker
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.logits import labels, looking
from pages.parts.visit import Visit


def show(visit: Visit, look: LookSpec, found: dict[str, Any]) -> None:
    """Both answers beside each other where their labels are the same; else one under the other, and why."""
    other = _pick(visit, look)
    if other is None:
        return
    theirs = looking.ask(visit, "labels", other)
    mine = {label.casefold(): place for place, label in enumerate(found["labels"])}
    same = mine.keys() == {label.casefold() for label in theirs["labels"]} and found["problem"] == theirs["problem"]
    if not same:
        st.info(
            f"The two models have different labels: {labels.named(found['labels'])}, and {labels.named(theirs['labels'])}. "
            "Their numbers say different things and are not drawn side by side.",
            icon=":material/info:",
        )
        for place, (name, one) in enumerate(((look.model, found), (other.model, theirs))):
            _alone(name, one, place)
        return
    order = [[label.casefold() for label in theirs["labels"]].index(label.casefold()) for label in found["labels"]]
    series = {look.model: found["probabilities"][0], other.model: [theirs["probabilities"][0][place] for place in order]}
    logits = {look.model: found["logits"][0], other.model: [theirs["logits"][0][place] for place in order]}
    draw(
        charts.label_scores(
            found["labels"],
            series,
            finding=_finding(found, theirs, look.model, other.model),
            logits=logits,
            thresholds=found["thresholds"] if found["thresholds"] == [theirs["thresholds"][place] for place in order] else [],
            probability=found["problem"] in PROBABILITIES,
        ),
        "logits-both",
    )
    frame = pd.DataFrame({"Label": found["labels"]})
    for name in series:
        frame[f"Logit of {name}"], frame[f"Score of {name}"] = logits[name], series[name]
    with st.expander("Numbers", icon=":material/table:"):
        grid(frame, alt="Logit and score of each label under both models.", limit=visit.settings.max_shown_characters)
        numbers.offer(frame, "two-models")


def _pick(visit: Visit, look: LookSpec) -> LookSpec | None:
    """The same row under the other model; only models that are on this machine are offered."""
    entries = {entry.reference: entry for entry in models.list_models(visit.settings, look.task, visit.workspace)}
    here = {reference: entry for reference, entry in entries.items() if model_picker.at_hand(entry)}
    offered = [reference for reference, entry in here.items() if model_picker.at_hand(entry) != look.model]
    if not offered:
        st.caption("There is no second model for this task on this machine.")
        return None
    address.take("logits-other", "other", lambda text: offered[offered.index(text)])
    if st.session_state.get("logits-other") not in [None, *offered]:
        del st.session_state["logits-other"]
    chosen = st.selectbox(
        "Compare with",
        offered,
        index=None,
        format_func=lambda reference: model_picker.line(here[reference]),
        placeholder="Choose a second model",
        key="logits-other",
    )
    address.put("other", *([chosen] if chosen else []))
    if chosen is None:
        st.caption("Both read the same text. An adapter and its base can be compared where the base has an answer of its own.")
        return None
    return looking.spec(visit, tasks.get(look.task).name, str(model_picker.at_hand(here[chosen])), look.cells, look.options)


def _alone(name: str, found: dict[str, Any], place: int) -> None:
    said = labels.sentence(found["labels"], found["probabilities"][0], found["problem"], found["predictions"][0])
    figure = charts.label_scores(
        found["labels"],
        {name: found["probabilities"][0]},
        finding=f"{name}: {said}",
        logits={name: found["logits"][0]},
        thresholds=found["thresholds"],
        probability=found["problem"] in PROBABILITIES,
    )
    draw(figure, f"logits-alone-{place}")


def _finding(found: dict[str, Any], theirs: dict[str, Any], one: str, other: str) -> str:
    said = [
        labels.sentence(answer["labels"], answer["probabilities"][0], answer["problem"], answer["predictions"][0])
        for answer in (found, theirs)
    ]
    mine, others = ({label.casefold() for label in answer["predictions"][0]} for answer in (found, theirs))
    if found["problem"] in ("single", "multi", "raw"):
        agree = "Both give the same answer" if mine == others else "They disagree"
    else:
        agree = "Two numbers"
    return f"{agree}: {said[0]} ({one}); {said[1]} ({other})"

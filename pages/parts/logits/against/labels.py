"""Two answers of classifiers: every label twice."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.inspect.label_numbers import PROBABILITIES
from pages.parts import numbers
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.logits import labels
from pages.parts.logits.against.two import Two
from pages.parts.text import count
from pages.parts.visit import Visit


def show(visit: Visit, two: Two) -> None:
    """Both answers beside each other where their labels are the same; else one under the other, and why."""
    found, theirs = two.ask(visit, labels.VIEW_OF[two.looks[0].task])
    mine = {label.casefold(): place for place, label in enumerate(found["labels"])}
    same = mine.keys() == {label.casefold() for label in theirs["labels"]} and found["problem"] == theirs["problem"]
    if not same:
        _apart(two, found, theirs)
        return
    places = {label.casefold(): place for place, label in enumerate(theirs["labels"])}
    order = [places[label.casefold()] for label in found["labels"]]
    scores, logits = ([found[name][0], [theirs[name][0][place] for place in order]] for name in ("probabilities", "logits"))
    thresholds = [theirs["thresholds"][place] for place in order] if theirs["thresholds"] else []
    figure = charts.label_scores(
        found["labels"],
        dict(zip(two.names, scores, strict=True)),
        finding=_finding(two, found, theirs),
        logits=dict(zip(two.names, logits, strict=True)),
        thresholds=thresholds if found["thresholds"] == thresholds else [],
        probability=found["problem"] in PROBABILITIES,
    )
    draw(figure, f"logits-{two.kind}")
    frame = pd.DataFrame({"Label": found["labels"]})
    for kind, both in (("Logit", logits), ("Score", scores)):
        for name, values in zip(two.names, both, strict=True):
            frame[f"{kind} {name}"] = values
        frame[f"{kind} moved by" if two.moved else f"{kind}, difference"] = frame.iloc[:, -1] - frame.iloc[:, -2]
    frame = frame.reindex(frame.iloc[:, 3].abs().sort_values(ascending=False, kind="stable").index)
    grid(frame, alt=f"Logits and scores of {count(len(frame), 'label')}, twice.", limit=visit.settings.max_shown_characters)
    numbers.offer(frame, two.kind)


def _finding(two: Two, found: dict[str, Any], theirs: dict[str, Any]) -> str:
    said, problem = [labels.sentence_of(answer, 0) for answer in (found, theirs)], found["problem"]
    mine, others = ({label.casefold() for label in answer["predictions"][0]} for answer in (found, theirs))
    if two.moved:
        if mine == others and problem == "single":
            answer = found["predictions"][0][0]
            one, other = (each["probabilities"][0][found["labels"].index(answer)] for each in (found, theirs))
            return f"Still {answer}: {one:.1%} before, {other:.1%} after"
        return f"{said[0]} before; {said[1]} after"
    agree = "Two numbers"
    if problem in ("single", "multi", "raw"):
        agree = "Both give the same answer" if mine == others else "They disagree"
    return f"{agree}: {said[0]} ({two.names[0]}); {said[1]} ({two.names[1]})"


def _apart(two: Two, found: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Models with other labels: their numbers say different things."""
    st.info(
        f"The two models have different labels: {labels.named(found['labels'])}, and {labels.named(theirs['labels'])}. "
        "Their numbers say different things and are not drawn side by side.",
        icon=":material/info:",
    )
    for place, (name, one) in enumerate(zip(two.names, (found, theirs), strict=True)):
        figure = charts.label_scores(
            one["labels"],
            {name: one["probabilities"][0]},
            finding=f"{name}: {labels.sentence_of(one, 0)}",
            logits={name: one["logits"][0]},
            thresholds=one["thresholds"],
            probability=one["problem"] in PROBABILITIES,
        )
        draw(figure, f"logits-alone-{place}")
    tables = [labels.table(one, 0).assign(Model=name) for name, one in zip(two.names, (found, theirs), strict=True)]
    numbers.offer(pd.concat(tables, ignore_index=True), two.kind)

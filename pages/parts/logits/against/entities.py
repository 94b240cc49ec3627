"""Two answers of token classifiers: entities that both have, and those that only one has."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts import numbers
from pages.parts.frames import grid
from pages.parts.logits.against.two import Two
from pages.parts.text import count, plain
from pages.parts.visit import Visit


def show(visit: Visit, two: Two) -> None:
    """How many stayed, and a row for each."""
    found = [one["entities"][one["strategy"]] for one in two.ask(visit, "entities")]
    both, first, second = paired(*found)
    names = ("stayed", "went", "came") if two.moved else ("both", f"only {two.names[0]}", f"only {two.names[1]}")
    if two.moved:
        said = f"{count(len(both), 'entity', 'entities')} stayed, {len(first)} went, {len(second)} came."
    else:
        only = f"{len(first)} only under {two.names[0]}, {len(second)} only under {two.names[1]}"
        said = f"{count(len(both), 'entity', 'entities')} under both, {only}."
    st.markdown(f"**{plain(said, 300)}**")
    head = "Change" if two.moved else "Found by"
    one, other = (f"Score {name}" for name in two.names)
    rows = [{head: names[0], **_named(entity), one: entity["score"], other: match["score"]} for entity, match in both]
    rows += [{head: names[1], **_named(entity), one: entity["score"]} for entity in first]
    rows += [{head: names[2], **_named(entity), other: entity["score"]} for entity in second]
    if not rows:
        st.caption("No entity in either answer.")
        return
    frame = pd.DataFrame(rows, columns=[head, "Type", "Text", one, other])
    frame["Difference"] = frame[other] - frame[one]
    grid(frame, alt=f"{count(len(rows), 'entity', 'entities')} of two answers.", limit=visit.settings.max_shown_characters)
    numbers.offer(frame, two.kind)


def _named(entity: dict[str, Any]) -> dict[str, str]:
    return {"Type": entity["label"], "Text": entity["text"]}


def paired(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[list[tuple[dict, dict]], list[dict], list[dict]]:
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

"""Several texts under one classifier: a heat map of their labels."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.inspect.label_numbers import PROBABILITIES
from core.schema import LookSpec, Role
from pages.parts import numbers
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.logits import looking
from pages.parts.logits.row import rows_by_chance
from pages.parts.text import count
from pages.parts.visit import Visit

TAKEN = 10
KEY = "logits-texts"


def show(visit: Visit, look: LookSpec) -> None:
    """Lines of the user's, or rows of the table chosen above, each a line of the map; the text above is the first."""
    st.text_area(
        "More texts, one a line",
        key=KEY,
        persist_state="page",
        height=120,
        placeholder="Type or paste texts",
        help=f"At most {visit.settings.max_look_texts} texts, the one above included.",
    )
    _offer_rows(visit, look)
    lines = [line for line in st.session_state[KEY].splitlines() if line.strip()]
    if not lines:
        st.caption("The texts and the one above become a map: a line for each text, a column for each label.")
        return
    blank = dict.fromkeys(look.cells, "")
    found = looking.ask(visit, "labels", look, others=[{**blank, Role.TEXT.value: line} for line in lines])
    _map(visit, [look.cells[Role.TEXT], *lines], found)


def _offer_rows(visit: Visit, look: LookSpec) -> None:
    room = visit.settings.max_look_texts - 1

    def take() -> None:
        before = [line for line in st.session_state.get(KEY, "").splitlines() if line.strip()]
        taken = rows_by_chance(visit, Role.TEXT, min(TAKEN, max(0, room - len(before))))
        st.session_state[KEY] = "\n".join([*before, *(" ".join(text.split()) for text in taken)])

    st.button(f"Add {TAKEN} rows of the table by chance", icon=":material/casino:", on_click=take, disabled=not look.cells)
    st.caption("The table is the one chosen under “Take a row of a table”. Line breaks inside a row become spaces here.")


def _map(visit: Visit, texts: list[str], found: dict[str, Any]) -> None:
    labels, scores = found["labels"], found["probabilities"]
    cut = sum(lost > 0 for lost in found["lost"])
    if cut:
        longer = f"{count(cut, 'text')} longer than the model reads ({found['limit']:,} tokens)"
        st.caption(f":material/content_cut: {longer}: what did not fit changed nothing.")
    answers = pd.Series(["; ".join(chosen) or "none" for chosen in found["predictions"]])
    most = answers.value_counts()
    finding = f"{most.index[0]}: {most.iloc[0]} of {count(len(texts), 'text')}" if found["problem"] in ("single", "multi") else "Scores"
    hover = [f"{text[:150]} → {answer}" for text, answer in zip(texts, answers, strict=True)]
    figure = charts.label_heat(texts, labels, scores, finding=finding, hover=hover, probability=found["problem"] in PROBABILITIES)
    draw(figure, "logits-heat")
    frame = pd.DataFrame({"Text": texts, "Answer": answers, "Margin": found["margins"], "Entropy (bits)": found["entropies"]})
    frame = pd.concat(
        [
            frame,
            pd.DataFrame(scores, columns=[f"p {label}" for label in labels]),
            pd.DataFrame(found["logits"], columns=[f"logit {label}" for label in labels]),
        ],
        axis=1,
    )
    with st.expander("Numbers", icon=":material/table:"):
        grid(frame, alt=f"Answer, margin and scores of {count(len(texts), 'text')}.", limit=visit.settings.max_shown_characters)
        numbers.offer(frame, "texts")

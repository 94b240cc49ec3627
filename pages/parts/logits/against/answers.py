"""Two answers to a question: what each says, and the logits behind it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts import numbers
from pages.parts.frames import grid
from pages.parts.logits.against.two import Two
from pages.parts.logits.answers import LISTED
from pages.parts.text import plain
from pages.parts.visit import Visit


def show(visit: Visit, two: Two) -> None:
    """The best answers, then the likeliest ones of both."""
    listed = Two(tuple(look.model_copy(update={"options": {**look.options, **LISTED}}) for look in two.looks), two.names, two.kind)
    both = listed.ask(visit, "answers")
    words = [one["answers"][0]["text"] or "no answer" for one in both]
    st.markdown(f"**{plain(_finding(two, words), 300)}**")
    facts = {
        "Answer": words,
        "Score": [one["answers"][0]["score"] for one in both],
        "Start logit": [one["answers"][0]["start_logit"] for one in both],
        "End logit": [one["answers"][0]["end_logit"] for one in both],
        "No answer, sum of logits": [one["no_answer_logit"] for one in both],
    }
    frame = pd.DataFrame({"": _titled(two.names), **facts})
    grid(frame, alt="Both answers with their logits.", limit=visit.settings.max_shown_characters)
    answers = pd.concat([_likeliest(one, name) for name, one in zip(_titled(two.names), both, strict=True)])
    with st.expander("The likeliest answers of both", icon=":material/table:"):
        grid(answers, alt="The likeliest answers of both.", limit=visit.settings.max_shown_characters)
        numbers.offer(answers.rename(columns={"": "In"}), two.kind)


def _finding(two: Two, words: list[str]) -> str:
    if two.moved:
        return f"Still {words[0]}" if words[0] == words[1] else f"{words[0]} became {words[1]}"
    if words[0] == words[1]:
        return f"Both say {words[0]}"
    return f"{two.names[0]} says {words[0]}; {two.names[1]} says {words[1]}"


def _titled(names: tuple[str, str]) -> list[str]:
    return [name.capitalize() if name in ("before", "after") else name for name in names]


def _likeliest(found: dict[str, Any], name: str) -> pd.DataFrame:
    heads = {"text": "Answer", "score": "Score", "start_logit": "Start logit", "end_logit": "End logit"}
    frame = pd.DataFrame(found["answers"])[list(heads)].rename(columns=heads)
    frame.insert(0, "", name)
    return frame

"""Two answers of models that write: what changed in the answer, and how likely each holds the first one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.inspect.changes import changes
from pages.parts import numbers
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.highlight import Mark, marked
from pages.parts.logits import looking
from pages.parts.logits.against.two import Two
from pages.parts.text import count, plain
from pages.parts.visit import Visit


def show(visit: Visit, two: Two) -> None:
    """Both answers with the words that differ marked; after an edit also the first answer's tokens under both texts."""
    both = two.ask(visit, "steps", top=1)
    texts = [one["text"] for one in both]
    same = texts[0] == texts[1]
    st.markdown(f"**{'The answer is the same.' if same else 'The answers differ.'}**")
    found = changes(*texts)
    for side, (column, name, one) in enumerate(zip(st.columns(2, border=True), two.names, both, strict=True)):
        with column:
            st.caption(plain(f"The answer {name}" if two.moved else name, 80))
            stretches = [change.before if side == 0 else change.after for change in found]
            st.markdown(marked(one["text"] or "(no text)", [Mark(*stretch, "differs") for stretch in stretches], ["differs"]))
            st.caption(_likely(one))
    if two.moved and both[0]["steps"]:
        _first_answer(visit, two, both[0])
    else:
        frame = pd.DataFrame([{"answer": name, **_facts(one)} for name, one in zip(two.names, both, strict=True)])
        heads = {
            "answer": "Answer of",
            "text": "Text",
            "tokens": "Tokens",
            "log_probability": "Log-probability",
            "per_token": "For each token",
        }
        grid(frame.rename(columns=heads), alt="Both answers with their log-probabilities.", limit=visit.settings.max_shown_characters)
        numbers.offer(frame, two.kind)


def _facts(found: dict[str, Any]) -> dict[str, Any]:
    total = found["steps"][-1]["total"] if found["steps"] else None
    tokens = len(found["steps"])
    return {"text": found["text"], "tokens": tokens, "log_probability": total, "per_token": total / tokens if tokens else None}


def _likely(found: dict[str, Any]) -> str:
    facts = _facts(found)
    if facts["per_token"] is None:
        return "No token."
    return f"Log-probability {facts['log_probability']:.2f}, {facts['per_token']:.2f} for each of {count(facts['tokens'], 'token')}."


def _first_answer(visit: Visit, two: Two, before: dict[str, Any]) -> None:
    """The tokens of the first answer, as expected from the first and from the changed text."""
    given = [step["id"] for step in before["steps"]][: visit.settings.max_written_tokens]
    after = looking.ask(visit, "steps", two.looks[1], top=1, given=given)
    rows = [
        {
            "step": old["place"],
            "text": old["text"],
            "before_bits": old["surprisal"],
            "after_bits": new["surprisal"],
            "difference_bits": None if None in (old["surprisal"], new["surprisal"]) else new["surprisal"] - old["surprisal"],
        }
        for old, new in zip(before["steps"], after["steps"], strict=True)
    ]
    totals = before["steps"][-1]["total"], after["steps"][-1]["total"]
    st.markdown(
        f"The first answer has a log-probability of **{totals[0]:.2f}** with the first text, **{totals[1]:.2f}** with the changed one."
    )
    draw(charts.surprisal_pair(rows, names=("before", "after"), link=""), f"{two.kind}-answer")
    numbers.offer(pd.DataFrame(rows), two.kind)

"""The logits of question answering: where an answer begins and ends, spans against each other, and why one lost."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.inspect.span_words import why
from core.schema import LookSpec, Role
from pages.parts import address, numbers
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.highlight import Mark, around, marked
from pages.parts.logits import looking
from pages.parts.text import count, plain
from pages.parts.visit import Visit

LISTED = MappingProxyType({"n_best": 5})
TILE_PIXELS = 190
TITLE_CHARACTERS = 40
SPAN_PIXELS, WHY_PIXELS = 190, 470


def show(visit: Visit, look: LookSpec) -> None:
    """The answer in its context, then the logits behind it."""
    look = look.model_copy(update={"options": {**look.options, **LISTED}})
    found = looking.ask(visit, "answers", look)
    if found["lost"]:
        st.warning(f"The question is too long: its last {count(found['lost'], 'token')} were not read.", icon=":material/content_cut:")
    if found["windows"] > 1:
        st.caption(
            f"The text was read in {found['windows']} overlapping windows; a token that several share counts with its largest logits."
        )
    if not found["tokens"]:
        st.caption("The text has no token to point at.")
        return
    _answer(look.cells[Role.CONTEXT], found)
    _logits(found)
    _spans(visit, found)
    _lost(visit, look, found)
    with st.expander("Numbers", icon=":material/table:"):
        frame = pd.DataFrame({name: found[name] for name in ("tokens", "start", "end", "start_logits", "end_logits")})
        heads = {"tokens": "Token", "start": "From", "end": "To", "start_logits": "Start logit", "end_logits": "End logit"}
        grid(
            frame.rename(columns=heads),
            alt=f"Start and end logit of {count(len(frame), 'token')}.",
            limit=visit.settings.max_shown_characters,
        )
        numbers.offer(frame, "answer-logits")


def _answer(context: str, found: dict[str, Any]) -> None:
    best = found["answers"][0]
    with st.container(border=True):
        st.text(best["text"] or "No answer in this text.")
        if best["start"] is not None:
            text, mark = around(context, Mark(best["start"], best["end"]))
            st.markdown(marked(text, [mark]))
    total = best["start_logit"] + best["end_logit"]
    with st.grid(columns=3, min_column_width=TILE_PIXELS):
        st.metric("Score", f"{best['score']:.3f}", help="Probability of its start times that of its end.", border=True)
        others = [one["start_logit"] + one["end_logit"] for one in found["answers"][1:2]]
        lead = f"{total - others[0]:.2f}" if others else "none"
        st.metric("Lead over the next", lead, help="Difference of the sums of start and end logit.", border=True)
        help_text = "Sum of logits of the answer less that of “no answer”; below 0 the model would rather give none."
        st.metric("Lead over no answer", f"{total - found['no_answer_logit']:.2f}", help=help_text, border=True)


def _logits(found: dict[str, Any]) -> None:
    best = next((one for one in found["answers"] if one["start"] is not None), None)
    span = None
    if best:
        inside = [place for place, (begin, end) in enumerate(zip(found["start"], found["end"], strict=True)) if _touch(begin, end, best)]
        span = (inside[0], inside[-1]) if inside else None
    finding = f"“{_short(best['text'])}” has the highest sum of start and end logit" if best else "No span can be an answer"
    draw(charts.answer_logits(found["tokens"], found["start_logits"], found["end_logits"], finding=finding, span=span), "logits-places")


def _touch(begin: int, end: int, span: dict[str, Any]) -> bool:
    return begin < span["end"] and end > span["start"]


def _spans(visit: Visit, found: dict[str, Any]) -> None:
    """The likeliest answers, and their first and last tokens against each other."""
    st.subheader("The likeliest answers", anchor=False)
    frame = pd.DataFrame(found["answers"])
    frame["sum"] = frame["start_logit"] + frame["end_logit"]
    frame["text"] = frame["text"].replace("", "(no answer)")
    names = {"text": "Answer", "score": "Score", "start_logit": "Start logit", "end_logit": "End logit", "sum": "Sum"}
    grid(
        frame[list(names)].rename(columns=names),
        alt=f"The {count(len(frame), 'likeliest answer')}.",
        limit=visit.settings.max_shown_characters,
        config={"Answer": st.column_config.TextColumn("Answer", width=SPAN_PIXELS)},
    )
    matrix, tokens = found["matrix"], found["tokens"]
    barred = sum(bool(reason) for line in matrix["reasons"] for reason in line)
    figure = charts.span_matrix(
        [tokens[place] for place in matrix["starts"]],
        [tokens[place] for place in matrix["ends"]],
        matrix["sums"],
        matrix["reasons"],
        finding=f"First tokens against last tokens; {count(barred, 'pair')} cannot be an answer (✕)",
        texts=matrix["texts"],
    )
    draw(figure, "logits-matrix")
    st.caption(
        "Each cell is the sum of a start and an end logit. Both sides are in the order of the text: "
        "below the diagonal a span would end before it begins."
    )


def _lost(visit: Visit, look: LookSpec, found: dict[str, Any]) -> None:
    st.subheader("Why another answer lost", anchor=False)
    address.take("logits-wanted", "wanted", str, "")
    wanted = st.text_input("The answer that you expected", key="logits-wanted", placeholder="Words of the text")
    address.put("wanted", *([wanted] if wanted.strip() else []))
    if wanted.strip():
        span = looking.ask(visit, "answers", look, wanted=wanted.strip())["wanted"]
        st.markdown(f"**{plain(span['text'], 200)}** {plain(why(span, found['longest']), 300)}")
    frame = pd.DataFrame(
        {
            "Span": [one["text"] for one in found["candidates"]],
            "Sum": [one["start_logit"] + one["end_logit"] for one in found["candidates"]],
            "Why": [why(one, found["longest"]) for one in found["candidates"]],
        }
    )
    alt = f"{count(len(frame), 'span')} with the highest sums of logits and what stands against each."
    widths = {
        "Span": st.column_config.TextColumn("Span", width=SPAN_PIXELS),
        "Sum": st.column_config.NumberColumn("Sum", format="%.2f", width=70),
        "Why": st.column_config.TextColumn("Why", width=WHY_PIXELS),
    }
    grid(frame, alt=alt, limit=visit.settings.max_shown_characters, config=widths)
    numbers.offer(frame, "spans")


def _short(text: str) -> str:
    return text if len(text) <= TITLE_CHARACTERS else f"{text[:TITLE_CHARACTERS].rstrip()}…"

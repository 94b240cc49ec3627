"""How a model of encoder and decoder wrote its answer: token by token, and as beams."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.schema import LookSpec
from pages.parts import address, numbers
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.logits import looking
from pages.parts.logits.causal import name_of, take_clicked
from pages.parts.logits.tokens import headed, line, table_rows
from pages.parts.tabs import tabs
from pages.parts.text import count
from pages.parts.visit import Visit

ALTERNATIVES = 10
DRAWN_STEPS = 12  # of the tree at once
STEP = "logits-step"
ONE, TREE, EVERY = "One step", "Beams", "Every step"


def show(visit: Visit, look: LookSpec) -> None:
    """The answer as a strip of its tokens, then one step, the beams, and all steps."""
    found = looking.ask(visit, "steps", look, top=ALTERNATIVES, beam=_beam(look))
    _answer(found)
    steps = found["steps"]
    if not steps:
        return
    chosen = _chosen(steps)
    address.put("step", str(chosen))
    draw(
        charts.surprisal_strip(steps, model=name_of(look), perplexity=None, selected=chosen),
        "steps-strip",
        on_select=lambda: take_clicked("steps-strip", STEP),
    )
    st.caption("Each cell is a token of the answer over its surprisal in bits. Click one, or choose it below.")
    shelves = tabs((ONE, TREE, EVERY) if found["tree"] else (ONE, EVERY), key="steps-shelf", parameter="part")
    with shelves[ONE]:
        if shelves[ONE].open:
            _one_step(steps)
    if found["tree"]:
        with shelves[TREE]:
            if shelves[TREE].open:
                _tree(found)
    with shelves[EVERY]:
        if shelves[EVERY].open:
            _every_step(visit, steps)


def _beam(look: LookSpec) -> int:
    """Which of the beams' answers is looked at, from 0."""
    beams = int(look.options["num_beams"])
    if beams == 1:
        address.put("beam")
        return 0
    address.take("steps-beam", "beam", address.whole(1, beams), 1)
    st.session_state["steps-beam"] = min(st.session_state["steps-beam"], beams)
    beam = st.number_input("Answer", 1, beams, key="steps-beam", help="Of beam search; 1 is the best.", width=240)
    address.put("beam", *([str(beam)] if beam > 1 else []))
    return int(beam) - 1


def _answer(found: dict[str, Any]) -> None:
    with st.container(border=True):
        st.caption(f"Answer {found['beam'] + 1} of {len(found['beams'])}" if found["beams"] else "The answer")
        st.text(found["text"] or "(no text)")
        end = "It ends by itself." if found["ended"] else f"It was cut at {count(found['limit'], 'token')}."
        total = f" Log-probability {found['steps'][-1]['total']:.2f} over {count(len(found['steps']), 'token')}." if found["steps"] else ""
        score = f" Score of beam search {found['beams'][found['beam']]['score']:.3f}." if found["beams"] else ""
        st.caption(end + total + score)
    if found["lost"]:
        st.info(f"{count(found['lost'], 'token')} at the end of the text were not read.", icon=":material/content_cut:")


def _chosen(steps: list[dict[str, Any]]) -> int:
    """The step that is looked at: of the address at first, else the least likely one."""
    if st.session_state.get(STEP, 1) > len(steps):
        del st.session_state[STEP]  # of a longer answer
    most = max(range(len(steps)), key=lambda at: steps[at]["surprisal"] or 0.0) + 1
    address.take(STEP, "step", address.whole(1, len(steps)), most)
    return int(st.session_state[STEP])


def _one_step(steps: list[dict[str, Any]]) -> None:
    number = st.selectbox("Step", list(range(1, len(steps) + 1)), format_func=lambda at: line(steps[at - 1]), key=STEP)
    step = steps[number - 1]
    real = {**step, "probability": 2.0 ** -step["surprisal"]} if step["surprisal"] is not None else None
    draw(charts.token_bars(step["alternatives"], where=f"Step {number}", real=real), "step-alternatives")
    if step["rank"] is not None and step["rank"] > 1:
        st.caption("The likeliest token was not taken here: a rule of the search, or a beam that was better as a whole, decided.")
    rows = [{"step": number, "rank": rank, **one} for rank, one in enumerate(step["alternatives"], start=1)]
    numbers.offer(pd.DataFrame(rows), f"step-{number}-alternatives")


def _tree(found: dict[str, Any]) -> None:
    """The beams side by side, a few steps at a time."""
    tree = found["tree"]
    pages = -(-tree["steps"] // DRAWN_STEPS)
    page = st.pagination(pages, key="tree-page") if pages > 1 else 1
    first = (min(page, pages) - 1) * DRAWN_STEPS + 1
    draw(charts.beam_tree(tree["nodes"], chosen=found["beam"], first=first, steps=DRAWN_STEPS), "beam-tree")
    st.caption("The best beam of each step stands at the left. A square is a beam that ended, an empty circle one that was dropped.")
    answers = pd.DataFrame(
        [
            {
                "answer": number,
                "score": one["score"],
                "log_probability": one["total"],
                "tokens": len(one["ids"]),
                "ended": one["ended"],
                "text": one["text"],
            }
            for number, one in enumerate(found["beams"], start=1)
        ]
    )
    st.caption(f"Score: log-probability divided by tokens to the power of {found['length_penalty']:g} (the length penalty).")
    grid(headed(answers), alt="A row for each answer of beam search.", limit=200, key="beam-answers")
    rows = [
        {**node, "node": number, "answers": " ".join(str(one + 1) for one in node["answers"])} for number, node in enumerate(tree["nodes"])
    ]
    numbers.offer(pd.DataFrame(rows), "beams")


def _every_step(visit: Visit, steps: list[dict[str, Any]]) -> None:
    rows = [{**row, "log_probability": step["total"]} for row, step in zip(table_rows(steps), steps, strict=True)]
    names = ["place", "token", "id", "surprisal_bits", "rank", "entropy_bits", "log_probability", "likeliest"]
    frame = pd.DataFrame(rows, columns=names)
    grid(headed(frame), alt=f"A row for each of {count(len(rows), 'step')}.", limit=visit.settings.max_shown_characters, key="steps-every")
    numbers.offer(pd.DataFrame(rows), "steps")

"""How long a run will take and what it will cut, from a probe of a few rows: asked in the background, never in the way of the button."""

from __future__ import annotations

from concurrent.futures import Future
from types import MappingProxyType
from typing import Any

import streamlit as st

from core import tables
from core.errors import NotReady, SheetformerError
from core.schema import FinetuneSpec, PredictSpec
from pages.parts.live import desk, visitor
from pages.parts.text import count, duration, message, plain, size
from pages.parts.visit import Visit

TICK_SECONDS = 0.4
QUESTIONS = MappingProxyType({"predict": "estimate", "finetune": "estimate_training"})


def show(visit: Visit, spec: PredictSpec | FinetuneSpec, table: tables.Table, validation: tables.Table | None = None) -> None:
    """One line beside the button, now or as soon as it is known.

    Args:
        validation: table of validation rows, where the spec names one.
    """
    payload = {"spec": spec.model_dump(mode="json"), "input": str(table.path), "workspace": visit.workspace}
    if validation is not None:
        payload["validation"] = str(validation.path)
    answer = _answer(visit, spec, payload)
    st.fragment(_draw, run_every=None if answer.done() else TICK_SECONDS)(visit, spec, payload, answer.done())


def _answer(visit: Visit, spec: PredictSpec | FinetuneSpec, payload: dict[str, Any]) -> Future[dict[str, Any]]:
    return desk(visit.settings).ask(visitor(), QUESTIONS[spec.kind], spec.fingerprint(), payload)


def _draw(visit: Visit, spec: PredictSpec | FinetuneSpec, payload: dict[str, Any], was_done: bool) -> None:
    answer = _answer(visit, spec, payload)
    if answer.done() != was_done:  # it has come, or is asked for again: the page decides anew how often this line is drawn
        st.rerun()
    if not was_done:
        st.caption("Estimating from a few rows… You can start without waiting.")
        return
    error = answer.exception()
    if error is None:
        found = answer.result()
        st.caption(line(found) if spec.kind == "predict" else training_line(found))
        for warning in filter(None, [*found.get("warnings", []), found.get("too_much")]):
            st.caption(f":material/warning: {message(warning)}")
    else:
        reason = error.one_line() if isinstance(error, SheetformerError) else type(error).__name__
        st.caption(f"No estimate: {plain(reason, 300)} The run can be started all the same.")
        if isinstance(error, NotReady):
            forget = desk(visit.settings).forget
            st.button("Try again", key="estimate-again", icon=":material/refresh:", on_click=forget, args=[spec.fingerprint()])


def line(found: dict[str, Any]) -> str:
    """``About 12 s, 140 rows per second, 600 MB of memory; 3 rows will be cut.``"""
    seconds = found["seconds"]
    words = [f"About {duration(seconds)}" if seconds >= 1 else "Under a second"]
    if found.get("rows_per_second"):
        words.append(f"{found['rows_per_second']:,.0f} rows per second")
    if found.get("memory_bytes"):
        words.append(f"{size(found['memory_bytes'])} of memory")
    text = ", ".join(words)
    if found.get("truncated_rows"):
        text += f"; about {count(found['truncated_rows'], 'row')} longer than the model reads will be cut"
    if found.get("distinct_rows") is not None:
        text += f"; {count(found['distinct_rows'], 'distinct text')}"
    return text


def training_line(found: dict[str, Any]) -> str:
    """``About 4 min, 900 MB of memory; trains 1,302,541 of 24 million parameters in 450 steps; 12 rows will be cut.``"""
    seconds, share = found["seconds"], found["trainable_parameters"] / max(found["parameters"], 1)
    words = [f"About {duration(seconds)}" if seconds >= 1 else "Under a second", f"{size(found['memory_bytes'])} of memory"]
    text = f"{', '.join(words)}; trains {count(found['trainable_parameters'], 'parameter')}, {share:.1%} of all, in "
    text += count(found["steps"], "step")
    if found.get("cut_rows"):
        text += f"; {count(found['cut_rows'], 'row')} longer than max_length will be cut, {count(found['lost_tokens'], 'token')} lost"
    return text

"""How long a run will take and what it will cut, from a probe of a few rows: asked in the background, never in the way of the button."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

import streamlit as st

from core import live, tables
from core.errors import SheetformerError
from core.schema import FinetuneSpec, PredictSpec
from core.settings import Settings
from pages.parts.text import count, duration, message, plain, size
from pages.parts.visit import Visit

TICK_SECONDS = 0.4
KEPT_ANSWERS = 200
ASK_AGAIN_SECONDS = 15.0
VISITOR = "visitor_of_the_desk"
QUESTIONS = MappingProxyType({"predict": "estimate", "finetune": "estimate_training"})


class Answer:
    """An answer to come, and when it came: seconds of the monotonic clock."""

    def __init__(self, future: Future[dict[str, Any]]) -> None:
        self.future = future
        self.ended = 0.0
        future.add_done_callback(self._note)

    def usable(self) -> bool:
        """Whether nobody has to ask again. A failure holds for a while only: its cause may have passed."""
        if not self.future.done():
            return True
        if self.future.cancelled():
            return False
        return self.future.exception() is None or time.monotonic() - self.ended < ASK_AGAIN_SECONDS

    def _note(self, _future: Future[dict[str, Any]]) -> None:
        self.ended = time.monotonic()


class Desk:
    """Takes questions for the process that holds the models, one at a time, and keeps the answers.

    An answer depends on the spec alone, which names table and model by their content, so it may be kept for everybody: only who has
    both can make that spec.
    """

    def __init__(self, client: live.LiveClient) -> None:
        self._client = client
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="estimate")
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._waiting: dict[str, str] = {}  # visitor to the key of the question that they wait for
        self._lock = threading.Lock()

    def ask(self, visitor: str, question: str, key: str, payload: dict[str, Any]) -> Future[dict[str, Any]]:
        """The answer to come. A visitor waits for one at a time: the one before is dropped, unless somebody else waits for it."""
        with self._lock:
            self._leave(visitor, key)
            answer = self._answers.get(key)
            if answer is None or not answer.usable():
                answer = Answer(self._thread.submit(self._client.ask, question, payload))
                self._answers[key] = answer
                self._forget()
            if not answer.future.done():
                self._waiting[visitor] = key
            return answer.future

    def now(self, question: str, payload: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer, waited for.

        Raises:
            SheetformerError: as :meth:`core.live.LiveClient.ask`.
        """
        return self._client.ask(question, payload, seconds)

    def _leave(self, visitor: str, key: str) -> None:
        """The visitor no longer waits for anything but ``key``."""
        before = self._waiting.pop(visitor, None)
        if before is not None and before != key and before not in self._waiting.values() and before in self._answers:
            self._answers[before].future.cancel()

    def _forget(self) -> None:
        while len(self._answers) > KEPT_ANSWERS:
            self._answers.popitem(last=False)
        pending = {key for key, answer in self._answers.items() if not answer.future.done()}
        self._waiting = {visitor: key for visitor, key in self._waiting.items() if key in pending}

    def close(self) -> None:
        """Ends the process."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._client.close()


@st.cache_resource(show_spinner=False, on_release=Desk.close, hash_funcs={Settings: lambda settings: str(settings.home)})
def desk(settings: Settings) -> Desk:
    """The one desk of this server."""
    client = live.LiveClient(settings)
    client.warm()
    return Desk(client)


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
    visitor = st.session_state.setdefault(VISITOR, secrets.token_hex(8))
    return desk(visit.settings).ask(visitor, QUESTIONS[spec.kind], spec.fingerprint(), payload)


def _draw(visit: Visit, spec: PredictSpec | FinetuneSpec, payload: dict[str, Any], was_done: bool) -> None:
    answer = _answer(visit, spec, payload)
    if not answer.done():
        st.caption("Estimating from a few rows… You can start without waiting.")
        return
    if not was_done:
        st.rerun()
    error = answer.exception()
    if error is None:
        found = answer.result()
        st.caption(line(found) if spec.kind == "predict" else training_line(found))
        for warning in filter(None, [*found.get("warnings", []), found.get("too_much")]):
            st.caption(f":material/warning: {message(warning)}")
    else:
        reason = error.one_line() if isinstance(error, SheetformerError) else type(error).__name__
        st.caption(f"No estimate: {plain(reason, 300)} The run can be started all the same.")


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

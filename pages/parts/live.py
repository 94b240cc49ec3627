"""The page's side of the process that holds the models: one desk for the server, which puts questions and keeps the answers."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import streamlit as st

from core import live
from core.errors import NotReady
from core.settings import Settings
from pages.parts.visit import Visit, show_error

KEPT_ANSWERS = 200
ASK_AGAIN_SECONDS = 15.0
VISITOR = "visitor_of_the_desk"


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
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live")
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

    def forget(self, key: str) -> None:
        """Drops a failure, so that the question is put again. An answer, and a question on its way, stay."""
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None and answer.future.done() and (answer.future.cancelled() or answer.future.exception() is not None):
                del self._answers[key]

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


def visitor() -> str:
    """Who asks: a name for this browser's session."""
    return st.session_state.setdefault(VISITOR, secrets.token_hex(8))


def answered(visit: Visit, question: str, key: str, payload: dict[str, Any], words: str) -> dict[str, Any]:
    """The answer to a question, waited for. Where the process is not ready, the page ends here with a button that asks again.

    Args:
        key: stands for the answer, which is kept for whoever asks the same.
        words: what is said while it is waited for.

    Raises:
        SheetformerError: as :meth:`core.live.LiveClient.ask`.
    """
    at = desk(visit.settings)
    answer = at.ask(f"{visitor()} {key}", question, key, payload)
    try:
        if answer.done():
            return answer.result()
        with st.spinner(words):
            return answer.result()
    except NotReady as error:
        show_error(error)
        st.button("Try again", key="live-again", icon=":material/refresh:", on_click=at.forget, args=[key])
        st.stop()

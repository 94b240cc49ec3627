"""Short questions to the Hub: one try, a few seconds, one clear answer or one clear error.

Its client tries five times, for up to 47 s, before it says that nobody answers. Downloads and uploads want that; a page does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from core.errors import HubError
from core.hub.client import endpoint, probe
from core.hub.errors import NoAnswer, Refused, one_error
from core.settings import Settings

Answer = TypeVar("Answer")

_deadline: ContextVar[float | None] = ContextVar("deadline of a question to the Hub", default=None)
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
"""What the Hub's client tries again after, and a question does not."""


def ask(settings: Settings, what: str, question: Callable[[Any], Answer], token: str | None = None) -> Answer:
    """Puts one question to the Hub.

    Args:
        what: the subject of an error: "model owner/name".
        question: gets a ``huggingface_hub.HfApi``; must not return before everything is read.
        token: whose answer it is; without one, nobody's. The environment's is not used unless it is given here.

    Raises:
        HubError: no answer within ``hub_probe_seconds``, or a refusal.
    """
    from huggingface_hub import HfApi

    with one_patience(settings) as ends:
        probe(settings, seconds=_left(ends))
        _use_patience()
        with one_error(what):
            return question(HfApi(endpoint=endpoint(), token=token or False))


@contextmanager
def one_patience(settings: Settings) -> Iterator[float]:
    """The questions within take no longer together than one may alone. Downloads do not belong here: they are not tried again.

    Yields:
        When it is over, by the monotonic clock: ``hub_probe_seconds`` from now, or when the one around it is.
    """
    around = _deadline.get()
    ends = time.monotonic() + settings.hub_probe_seconds if around is None else around
    given = _deadline.set(ends)
    try:
        yield ends
    finally:
        _deadline.reset(given)


def _left(ends: float) -> float:
    return max(0.1, ends - time.monotonic())


def _use_patience() -> None:
    """Makes the Hub's client use our kind of session, which is its own kind outside of a question."""
    from huggingface_hub.utils import get_session, set_client_factory

    if not getattr(get_session(), "knows_deadlines", False):
        set_client_factory(_session)


def _session() -> Any:
    import httpx2
    from huggingface_hub.utils._http import hf_request_event_hook  # what its own factory hangs in: request ids

    class InTime(httpx2.SyncByteStream):
        """A body that has to be here when the patience is over: the client's own limit is for each piece, of which there may be many.

        What goes wrong is no error of the client's, after which it would try again.
        """

        def __init__(self, body: Any, deadline: float) -> None:
            self.body, self.deadline = body, deadline

        def __iter__(self) -> Iterator[bytes]:
            try:
                for piece in self.body:
                    if time.monotonic() > self.deadline:
                        raise httpx2.ReadTimeout("the patience is over")
                    yield piece
            except httpx2.TransportError as error:
                self.close()
                raise NoAnswer(type(error).__name__) from error

        def close(self) -> None:
            self.body.close()

    class Session(httpx2.Client):
        """The client's own session, which within a question neither waits long nor hides the first failure."""

        knows_deadlines = True

        def send(self, request: Any, *, stream: bool = False, **more: Any) -> Any:
            deadline = _deadline.get()
            if deadline is None:
                return super().send(request, stream=stream, **more)
            request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), _left(deadline))
            try:
                answer = super().send(request, stream=True, **more)
                request.extensions["timeout"]["read"] = _left(deadline)  # of the body; the headers have taken their part
                answer.stream = InTime(answer.stream, deadline)
                if not stream:
                    answer.read()
            except httpx2.TransportError as error:
                raise NoAnswer(type(error).__name__) from error
            if answer.status_code in RETRIED:
                raise Refused(answer.status_code, answer.headers.get("Retry-After", ""))
            return answer

    return Session(event_hooks={"request": [hf_request_event_hook]}, follow_redirects=True, timeout=None)


def owner_of(settings: Settings, token: str) -> str:
    """The user whose token it is.

    Raises:
        HubError: it is nobody's, or nobody answers.
    """
    found = ask(settings, "the owner of the token", lambda api: api.whoami(), token)
    name = found.get("name") if isinstance(found, dict) else None
    if not isinstance(name, str):
        raise HubError("the owner of the token", "an answer without a name", "Try another token.")
    return name

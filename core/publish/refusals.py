"""What can go wrong on the way to a repository, in one clear message each. Nothing on this machine is lost by any of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import HubError, SheetformerError, printable
from core.publish.order import Order

GO_ON = "Nothing here is lost: push again, and only what is missing is sent."
SIGN_IN = "Sign in with a token that may write; nothing here is lost."
LONGEST_WORD = 300  # characters quoted of what the Hub says


@contextmanager
def one_refusal(order: Order) -> Iterator[None]:
    """Turns every exception of the Hub's client while it writes into a :class:`HubError`."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except SheetformerError:
        raise
    except (httpx2.HTTPError, HfHubHTTPError, OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise refusal(order, error) from error


def refusal(order: Order, error: BaseException) -> HubError:
    """The error in words. The client wraps what storage answers in a RuntimeError of its own, hence the search for the cause."""
    from httpx2 import HTTPError
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RevisionNotFoundError

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, HfHubHTTPError | HTTPError):
        cause = cause.__cause__
    if isinstance(cause, RevisionNotFoundError):
        return HubError(f"the branch {order.branch} of {order.what}", "no such branch", "Name one that it has, or push to main.")
    if isinstance(cause, EntryNotFoundError):
        return HubError(f"files of {order.what} that are there", "no file of this name", "Look at its files; nothing was changed.")
    if cause is None:
        return HubError(f"{order.what} on the Hub", _quoted(str(error)), "Correct it and push again; nothing here is lost.")
    status = getattr(getattr(cause, "response", None), "status_code", 0)
    if not status:
        return HubError(f"a connection to the Hub for {order.what}", f"one that broke off ({type(cause).__name__})", GO_ON)
    return _answered(order, status, cause)


def _answered(order: Order, status: int, cause: BaseException) -> HubError:
    """A refusal by its status (https://huggingface.co/docs/hub/api, and what its commit endpoint answers)."""
    said = {
        401: ("a token that the Hub knows", "one that it refuses", SIGN_IN),
        403: (
            f"the right to write to {order.what}",
            "a token without it",
            "Sign in with a token that may write, or send it as a pull request.",
        ),
        404: (
            f"{order.what}, open to this token",
            "no such repository, or a private one of somebody else",
            "Check the spelling, or create it.",
        ),
        409: (f"a new {order.what}", "one that is there already", "Choose another name, or add to the one that is there."),
        412: (
            f"{order.what} as it was looked at",
            "a commit that came in between",
            "Look at what it changed under Versions, then push again.",
        ),
        413: (
            f"files that the Hub takes for {order.what}",
            "more than it takes at once",
            "Send fewer or smaller files; nothing here is lost.",
        ),
        429: ("fewer requests in a short time", "more than the Hub allows", f"Wait {_wait(cause)} and push again; nothing here is lost."),
    }
    if status in said:
        expected, found, step = said[status]
        return HubError(expected, f"{found} (status {status})", step)
    if status >= 500:
        return HubError(f"an answer of the Hub for {order.what}", f"trouble of its own (status {status})", GO_ON)
    return HubError(f"{order.what} as the Hub accepts it", f"status {status}: {_quoted(str(cause))}", "Correct it and push again.")


def _wait(cause: BaseException) -> str:
    """How long the Hub asks to wait."""
    headers = getattr(getattr(cause, "response", None), "headers", None) or {}
    seconds = str(headers.get("Retry-After", ""))
    return f"{seconds} s" if seconds.isdigit() else "a few minutes"


def _quoted(text: str) -> str:
    """What was said, without anything that could be a token, at a bearable length."""
    return printable(" ".join(text.split()))[:LONGEST_WORD]

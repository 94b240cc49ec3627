"""One error for everything that can go wrong between here and the Hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import HubError

LOCAL_MODEL = "Choose an embedded or local model, or try again when the Hub can be reached."
LATER = "Try again later; everything that is on this machine still works."
ACCEPT = "Accept its conditions on its page of the Hub, then ask again with a token of the same user: sign in, or set HF_TOKEN."
NEW_TOKEN = "Copy the whole token from the settings of your account on the Hub, or make a new one there, and sign in again."


class NoAnswer(Exception):
    """Nobody answered, or the connection broke; the text is the name of what happened."""


class Refused(Exception):
    """An answer that may be another one later."""

    def __init__(self, status: int, wait: str = "") -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.wait = wait if wait.isdigit() else ""


def broken_connection(error: BaseException) -> bool:
    """Whether it is about the way to the Hub, or the Hub's answer, and not about what is in the files."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    return isinstance(error, httpx2.HTTPError | HfHubHTTPError | NoAnswer | Refused | ConnectionError | TimeoutError)


@contextmanager
def one_error(what: str) -> Iterator[None]:
    """Turns every exception of the Hub's client into a :class:`HubError` about ``what`` ("model owner/name").

    huggingface_hub 2.4 lets raw ``httpx2`` errors through, which are neither OSErrors nor its own, and wraps some of its own in
    ValueErrors.
    """
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except NoAnswer as error:
        raise HubError(f"{what} from the Hub", f"no answer ({error})", LOCAL_MODEL) from error
    except Refused as error:
        raise _later(what, error) from error
    except (httpx2.HTTPError, OSError, HfHubHTTPError, ValueError, TypeError, KeyError) as error:  # the last two: not the Hub's JSON
        cause = error.__cause__ if isinstance(error.__cause__, HfHubHTTPError) else error
        raise _refusal(what, cause) from error


def _later(what: str, refused: Refused) -> HubError:
    if refused.status == 429:
        wait = f"Wait {refused.wait} s" if refused.wait else "Wait a few minutes"
        return HubError(
            f"{what} from the Hub", "too many questions in a short time (status 429)", f"{wait}, or sign in: then it allows more."
        )
    return HubError(f"{what} from the Hub", f"trouble of its own (status {refused.status})", LATER)


def _refusal(what: str, cause: BaseException) -> HubError:
    """What the Hub says no to, in words."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    if isinstance(cause, GatedRepoError):
        return HubError(
            f"access to {what}",
            "a gated repository",
            "Accept its conditions on its page of the Hub, then ask again with a token of the same user: sign in, or set HF_TOKEN.",
        )
    if isinstance(cause, RevisionNotFoundError):
        return HubError(what, "no such revision", "Name a branch, tag or commit that the repository has.")
    if isinstance(cause, RepositoryNotFoundError):
        return HubError(what, "no such repository, or a private one", "Check the spelling, sign in, or set HF_TOKEN.")
    status = getattr(getattr(cause, "response", None), "status_code", 0)
    if status == 401:
        return HubError(
            what,
            "a token that the Hub does not know",
            "Copy the whole token from the settings of your account on the Hub, or make a new one there, and sign in again.",
        )
    if status == 403:
        return HubError(what, "a token without the right for it", "Sign in with a token that may write.")
    name = type(cause).__name__
    odd = f"an answer that cannot be read ({name})" if isinstance(cause, KeyError | TypeError | ValueError) else name
    return HubError(f"{what} from the Hub", f"status {status}" if status else odd, LOCAL_MODEL)

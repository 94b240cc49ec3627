"""One error for everything that can go wrong between here and the Hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import HubError

LOCAL_MODEL = "Choose an embedded or local model, or try again when the Hub can be reached."


@contextmanager
def one_error(what: str) -> Iterator[None]:
    """Turns every exception of the Hub's client into a :class:`HubError` about ``what`` ("model owner/name").

    huggingface_hub 2.4 lets raw ``httpx2`` errors through, which are neither OSErrors nor its own, and wraps some of its own in
    ValueErrors.
    """
    import httpx2
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        yield
    except (httpx2.HTTPError, OSError, HfHubHTTPError, ValueError, TypeError, KeyError) as error:  # the last two: not the Hub's JSON
        cause = error.__cause__ if isinstance(error.__cause__, HfHubHTTPError) else error
        if isinstance(cause, GatedRepoError):
            raise HubError(f"access to {what}", "a gated repository", "Accept its conditions on the Hub and set HF_TOKEN.") from error
        if isinstance(cause, RevisionNotFoundError):
            raise HubError(what, "no such revision", "Name a branch, tag or commit that the repository has.") from error
        if isinstance(cause, RepositoryNotFoundError):
            raise HubError(what, "no such repository, or a private one", "Check the spelling, or set HF_TOKEN.") from error
        raise HubError(f"{what} from the Hub", type(cause).__name__, LOCAL_MODEL) from error

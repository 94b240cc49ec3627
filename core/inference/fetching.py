"""A run on a model of the Hub that is not here yet fetches it first. A job has no token: what needs one is fetched by whoever has it."""

from __future__ import annotations

from core import hub, models
from core.errors import HubError, NotFound, SheetformerError
from core.runs import RunContext
from core.schema import ModelReference

LOOK_SECONDS = 0.25
SIGN_IN = "Sign in again and fetch it on the Hub page, or by python -m core hub pull; then resume this run, whose parts are kept."
LATER = "Resume this run when the Hub can be reached: its parts are kept."


def fetch_first(context: RunContext, model: str) -> bool:
    """Downloads a model of the Hub, or an adapter's base, unless it is on this machine.

    Returns:
        ``False`` when stopped meanwhile; what has come stays, and the next attempt goes on from there.

    Raises:
        HubError: the Hub is unreachable, or gives the model only to who has signed in.
    """
    settings, owner = context.settings, context.run.owner()
    wanted = models.hub_model(settings, model, owner)
    if wanted is None or hub.cached_snapshot(wanted.name, wanted.revision):
        return True
    rows = context.run.spec().rows_to_do
    context.report(f"downloading {wanted.name}", 0, rows)
    fetch = hub.Fetch(settings, _facts(context, wanted), name=None)
    try:
        while (arrived := fetch.wait(LOOK_SECONDS)).state == "running":
            context.report(f"downloading {wanted.name}: {arrived.words()}", 0, rows)
            if context.stop_requested():
                return False
    finally:
        fetch.stop()
    if arrived.error is not None:
        raise _with_next_step(arrived.error, wanted)
    models.note_fetched(settings, owner, f"{wanted.name}@{fetch.repository.commit}")
    return True


def _facts(context: RunContext, wanted: ModelReference) -> hub.Repository:
    """What the Hub says of the model at the run's commit."""
    try:
        found = hub.model_facts(context.settings, wanted.name, revision=wanted.revision)
    except HubError as error:
        raise _with_next_step(error, wanted) from error
    if found.gated or found.private:
        raise HubError(f"the files of {wanted.name}, which this run needs", "a gated repository, and none of them on this machine", SIGN_IN)
    return found


def _with_next_step(error: SheetformerError, wanted: ModelReference) -> SheetformerError:
    """The same error, with what to do about the run. A private repository looks like one that is not there."""
    closed = any(word in error.found for word in ("gated", "private"))
    kind = NotFound if isinstance(error, NotFound) else HubError
    return kind(f"the files of {wanted.name}, which this run needs", error.found, SIGN_IN if closed else LATER)

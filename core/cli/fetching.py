"""Models of the Hub that have to be fetched by the command itself: only it has the token that a gated one asks for."""

from __future__ import annotations

from core import hub, models
from core.cli.output import print_note
from core.errors import BadInput
from core.hub.client import is_commit
from core.hub.fetching import Arrived, Fetch, cache_folder
from core.schema import ModelReference
from core.settings import Settings
from core.workspaces import LOCAL

PROGRESS_SECONDS = 2.0


def fetch_here(settings: Settings, found: hub.Repository, name: str, token: str | None) -> Arrived:
    """Fetches a model and tells how far it is; it is then a choice in every list.

    Args:
        name: branch, tag or commit that was asked for.

    Raises:
        BadInput: it cannot be used on this machine.
        SheetformerError: the download failed.
    """
    if why_not := hub.unfit(found, cache_folder()):
        raise BadInput(f"a model that can be used here, not {found.id}", " ".join(why_not), "Choose another model.")
    fetch = Fetch(settings, found, token=token, name=None if is_commit(name) else name)
    try:
        while (arrived := fetch.wait(PROGRESS_SECONDS)).state == "running":
            print_note(arrived.words())
    finally:  # an interrupted command leaves no process behind; what has come stays
        fetch.stop()
    if arrived.error is not None:
        raise arrived.error
    models.note_fetched(settings, LOCAL, f"{found.id}@{found.commit}", own_token=found.gated or found.private)
    return arrived


def fetch_gated(settings: Settings, model: str) -> None:
    """Fetches a gated or private model that is about to be used; others are fetched by the job, which has no token."""
    token, parsed = hub.from_environment(), ModelReference.parse(model)
    if token is None or parsed.kind != "hub" or hub.cached_snapshot(parsed.name, parsed.revision):
        return
    found = hub.model_facts(settings, parsed.name, revision=parsed.revision, token=token)
    if found.gated or found.private:
        print_note(f"Fetching {found.id} first")
        fetch_here(settings, found, parsed.revision or hub.MAIN, token)

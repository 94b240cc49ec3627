"""Models of the Hub that a workspace has fetched: choices in its lists of models, newest first, favourites before the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from core import hub
from core.errors import NotFound
from core.files import write_json, writing
from core.hub.client import is_commit
from core.schema import ModelReference
from core.settings import Settings
from core.workspaces import LOCAL, workspace_folder

LIST, RESTRICTED = "hub_models.json", "restricted.json"


class Fetched(BaseModel):
    """One model: owner/name@commit, and whether it is a favourite."""

    model_config = ConfigDict(frozen=True)

    reference: str
    favourite: bool = False

    @property
    def name(self) -> str:
        """owner/name."""
        return self.reference.partition("@")[0]


def read_fetched(settings: Settings, owner: str) -> list[Fetched]:
    """A workspace's models, favourites first, then the newest. A file that is no list any more counts as empty."""
    try:
        found = json.loads(_list(settings, owner).read_bytes())
        listed = [Fetched.model_validate(one) for one in found]
    except (FileNotFoundError, ValueError, TypeError, ValidationError):
        return []
    return sorted(listed, key=lambda one: not one.favourite)


def note_fetched(settings: Settings, owner: str, reference: str, *, own_token: bool = False) -> None:
    """Puts a model on a workspace's list; an earlier commit of it leaves.

    Args:
        reference: owner/name@commit.
        own_token: it was read with a right that the workspace has and others may not have. Only workspaces that showed the same
            right may use the files: the cache of downloads is one for the whole server.

    Raises:
        CannotWrite: the disk is full, or the data folder must not be written.
    """
    name = reference.partition("@")[0]

    def added(listed: list[Fetched]) -> list[Fetched]:
        before = next((one for one in listed if one.name == name), None)
        mine = Fetched(reference=reference, favourite=before.favourite if before else False)
        return [mine, *(one for one in listed if one.name != name)][: settings.max_fetched_models]

    if own_token:
        _restrict(settings, owner, name)
    _change(settings, owner, added)


def set_favourite(settings: Settings, owner: str, reference: str, favourite: bool) -> None:
    """Marks a model, or takes the mark off."""
    _change(
        settings,
        owner,
        lambda listed: [one.model_copy(update={"favourite": favourite}) if one.reference == reference else one for one in listed],
    )


def forget_fetched(settings: Settings, owner: str, reference: str) -> None:
    """Takes a model off the list; its files stay in the cache."""
    _change(settings, owner, lambda listed: [one for one in listed if one.reference != reference])


def check_access(settings: Settings, owner: str, name: str) -> None:
    """Refuses a repository that only other workspaces had the right to read.

    Raises:
        NotFound: in the words of a repository that is not there.
    """
    allowed = _restricted(settings).get(name)
    if allowed is not None and owner not in allowed:
        raise NotFound(f"model {name}", "no such repository, or a private one", "Check the spelling, or sign in and fetch it.")


def token_for(owner: str) -> str | None:
    """The token that a workspace's questions and downloads go with outside of a page: the server's own speaks for its owner only."""
    return hub.from_environment() if owner == LOCAL else None


def note_right(settings: Settings, owner: str, found: hub.Repository, token: str | None, name: str) -> None:
    """Keeps a repository that only a token can read to the workspaces that have shown such a right.

    Args:
        name: by which it was asked for, and its files are kept: the Hub knows some by several.

    Raises:
        CannotWrite: the disk is full, or the data folder must not be written.
    """
    if token is not None and (found.gated or found.private):
        for known in {found.id, name}:
            _restrict(settings, owner, known)


def commit_for(settings: Settings, owner: str, wanted: ModelReference) -> tuple[str, str | None]:
    """The commit that a model of the Hub stands for now, and the token that its files are fetched with.

    Raises:
        HubError: no such repository or revision, or no answer.
    """
    token = token_for(owner)
    if token is None and wanted.revision is not None and is_commit(wanted.revision):
        hub.probe(settings)
        return wanted.revision, None
    found = hub.model_facts(settings, wanted.name, revision=wanted.revision, token=token)
    note_right(settings, owner, found, token, wanted.name)
    return found.commit, token


def _change(settings: Settings, owner: str, changed: Any) -> None:
    path = _list(settings, owner)
    with writing(settings.home):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            write_json(path, [one.model_dump() for one in changed(read_fetched(settings, owner))])


def _restrict(settings: Settings, owner: str, name: str) -> None:
    path = settings.home / "models" / RESTRICTED
    with writing(settings.home):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            known = _restricted(settings)
            write_json(path, known | {name: sorted({*known.get(name, []), owner})})


def _restricted(settings: Settings) -> dict[str, list[str]]:
    """Name of a repository to the workspaces that may use it."""
    try:
        found = json.loads((settings.home / "models" / RESTRICTED).read_bytes())
    except FileNotFoundError:
        return {}
    return {name: list(owners) for name, owners in found.items()}


def _list(settings: Settings, owner: str) -> Path:
    return workspace_folder(settings, owner) / LIST

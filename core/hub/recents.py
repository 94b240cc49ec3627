"""Repositories of the Hub that a workspace has looked at: starred ones first, then the newest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from core.files import write_json, writing
from core.settings import Settings
from core.workspaces import workspace_folder

LIST = "hub_recent.json"
Kind = Literal["models", "datasets"]


class Recent(BaseModel):
    """One repository: owner/name, and whether it is starred."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    id: str
    starred: bool = False


def read_recent(settings: Settings, workspace: str) -> list[Recent]:
    """A workspace's list. A file that is no list any more counts as empty."""
    try:
        listed = [Recent.model_validate(one) for one in json.loads(_path(settings, workspace).read_bytes())]
    except (FileNotFoundError, ValueError, TypeError, ValidationError):
        return []
    return sorted(listed, key=lambda one: not one.starred)


def note_recent(settings: Settings, workspace: str, kind: Kind, name: str) -> None:
    """Puts a repository before the others; the oldest ones without a star leave beyond ``max_recent_repositories``.

    Raises:
        CannotWrite: the disk is full, or the data folder must not be written.
    """

    def noted(listed: list[Recent]) -> list[Recent]:
        before = next((one for one in listed if (one.kind, one.id) == (kind, name)), None)
        others = [one for one in listed if one != before]
        starred = [one for one in others if one.starred]
        room = max(0, settings.max_recent_repositories - 1 - len(starred))
        kept = starred + [one for one in others if not one.starred][:room]
        return [before or Recent(kind=kind, id=name), *kept]

    known = read_recent(settings, workspace)
    first = next((one for one in known if not one.starred), None)
    if any((one.kind, one.id) == (kind, name) and (one.starred or one == first) for one in known):
        return  # a page asks at every run: nothing would change
    _change(settings, workspace, noted)


def star(settings: Settings, workspace: str, kind: Kind, name: str, starred: bool) -> None:
    """Marks a repository of the list, or takes the mark off."""
    _change(
        settings,
        workspace,
        lambda listed: [one.model_copy(update={"starred": starred}) if (one.kind, one.id) == (kind, name) else one for one in listed],
    )


def _change(settings: Settings, workspace: str, changed: Callable[[list[Recent]], list[Recent]]) -> None:
    path = _path(settings, workspace)
    with writing(settings.home):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            write_json(path, [one.model_dump() for one in changed(read_recent(settings, workspace))])


def _path(settings: Settings, workspace: str) -> Path:
    return workspace_folder(settings, workspace) / LIST

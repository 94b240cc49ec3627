"""Where dashboards lie: a file each in their workspace, written by rename, and for each read-only link a file that says whose it is."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from pathlib import Path

from pydantic import ValidationError

from core.dashboards.boards import Dashboard
from core.errors import LimitReached, NotFound
from core.files import write_json, writing
from core.schema import is_id, new_id
from core.settings import Settings
from core.workspaces import workspace_folder

TOKEN_BYTES = 16
_TOKEN = re.compile(r"[0-9a-f]{32}")


def create(settings: Settings, workspace: str, title: str, notes: str = "") -> Dashboard:
    """A new, empty dashboard.

    Raises:
        LimitReached: the workspace has ``max_dashboards``.
        CannotWrite: the data folder cannot be written.
    """
    if len(list_dashboards(settings, workspace)) >= settings.max_dashboards:
        limit = f"at most {settings.max_dashboards} dashboards (SHEETFORMER_MAX_DASHBOARDS)"
        raise LimitReached(limit, "one more", "Delete one that nobody needs.")
    board = Dashboard(id=new_id(), title=title.strip()[:200] or "Dashboard", notes=notes)
    return save(settings, workspace, board)


def save(settings: Settings, workspace: str, board: Dashboard) -> Dashboard:
    """Writes a dashboard as it is now.

    Raises:
        LimitReached: more than ``max_pins`` pins, or more notes than ``max_notes_characters``.
        CannotWrite: the data folder cannot be written.
    """
    if len(board.pins) > settings.max_pins:
        limit = f"at most {settings.max_pins} pins on a dashboard (SHEETFORMER_MAX_PINS)"
        raise LimitReached(limit, f"{len(board.pins)}", "Take one away, or start another dashboard.")
    if len(board.notes) > settings.max_notes_characters:
        limit = f"notes of at most {settings.max_notes_characters:,} characters (SHEETFORMER_MAX_NOTES_CHARACTERS)"
        raise LimitReached(limit, f"{len(board.notes):,}", "Shorten them.")
    board = board.model_copy(update={"changed": time.time()})
    path = _path(settings, workspace, board.id)
    with writing(settings.home):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, board.model_dump(mode="json"))
    return board


def find(settings: Settings, workspace: str, board_id: str) -> Dashboard:
    """A dashboard of this workspace.

    Raises:
        NotFound: there is none of this id, or its file is damaged.
    """
    path = _path(settings, workspace, board_id) if is_id(board_id) else None
    if path is not None and path.is_file():
        try:
            return Dashboard.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise NotFound("a whole dashboard", "a damaged file", "Delete it and make it again.") from error
    raise NotFound("a dashboard of this workspace", repr(board_id[:40]), "Choose one of the list; it may have been deleted.")


def list_dashboards(settings: Settings, workspace: str) -> list[Dashboard]:
    """The dashboards of a workspace, the one changed last first. A damaged one is left out and named in the log."""
    folder = workspace_folder(settings, workspace) / "dashboards"
    found = []
    for path in folder.glob("*.json") if folder.is_dir() else ():
        try:
            found.append(find(settings, workspace, path.stem))
        except NotFound as error:
            logging.getLogger(__name__).warning("Dashboard %s is left out: %s", path.stem, error)
    return sorted(found, key=lambda board: (-board.changed, board.id))


def delete(settings: Settings, workspace: str, board_id: str) -> None:
    """Removes a dashboard, be it damaged, and the link to it."""
    try:
        stop_sharing(settings, workspace, board_id)
    except NotFound:
        logging.getLogger(__name__).info("Dashboard %s is deleted though it cannot be read", board_id[:40])
    if is_id(board_id):
        _path(settings, workspace, board_id).unlink(missing_ok=True)


def share(settings: Settings, workspace: str, board_id: str) -> Dashboard:
    """Gives a dashboard a read-only link: whoever has its token sees the dashboard, and nothing else of the workspace."""
    board = find(settings, workspace, board_id)
    if board.token:
        return board
    token = secrets.token_hex(TOKEN_BYTES)
    path = _shared(settings, token)
    with writing(settings.home):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"workspace": workspace, "board": board_id})
    return save(settings, workspace, board.model_copy(update={"token": token}))


def stop_sharing(settings: Settings, workspace: str, board_id: str) -> Dashboard:
    """Takes the link away: it then leads nowhere, for everybody who has it."""
    board = find(settings, workspace, board_id)
    if not board.token:
        return board
    _shared(settings, board.token).unlink(missing_ok=True)
    return save(settings, workspace, board.model_copy(update={"token": ""}))


def shared(settings: Settings, token: str) -> tuple[str, Dashboard]:
    """The workspace and the dashboard behind a link.

    Raises:
        NotFound: no such link, or one that was taken away.
    """
    if _TOKEN.fullmatch(token):
        try:
            found = json.loads(_shared(settings, token).read_bytes())
            board = find(settings, found["workspace"], found["board"])
        except (OSError, ValueError, KeyError, TypeError, NotFound):
            board = None
        if board is not None and secrets.compare_digest(board.token, token):
            return found["workspace"], board
    raise NotFound("a link to a dashboard", "one that leads nowhere", "Ask its owner for a new one.")


def _path(settings: Settings, workspace: str, board_id: str) -> Path:
    return workspace_folder(settings, workspace) / "dashboards" / f"{board_id}.json"


def _shared(settings: Settings, token: str) -> Path:
    return settings.home / "shared-dashboards" / f"{token}.json"

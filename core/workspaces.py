"""Who owns tables, runs and jobs."""

from __future__ import annotations

import re
from pathlib import Path

from core.errors import NotFound
from core.settings import Settings

LOCAL = "local"
"""The workspace of everybody on a server bound to this machine only, and of the command line."""

_WORKSPACE = re.compile(r"[a-z0-9-]{1,64}")


def workspace_folder(settings: Settings, workspace: str) -> Path:
    """The folder of a workspace; it may not exist yet.

    Raises:
        NotFound: the text could be a path.
    """
    if not _WORKSPACE.fullmatch(workspace):
        raise NotFound("a workspace", repr(workspace[:40]), "Reload the page.")
    return settings.home / "workspaces" / workspace

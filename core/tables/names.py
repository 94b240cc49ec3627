"""Names: of uploads (shown, never a path), of workspaces, and of columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from core.errors import BadInput

MAX_NAME = 120
WORKSPACE = re.compile(r"[a-z0-9-]{1,64}")
TABLE_ID = re.compile(r"[0-9a-f]{64}")
TASK_ID = re.compile(r"[0-9a-f]{16}")


def display_name(name: str) -> str:
    """The last part of an uploaded file's name, printable and at most 120 characters: for display only, never for a path."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip()
    if len(visible) > MAX_NAME:
        stem, dot, suffix = visible.rpartition(".")
        keep = f"{dot}{suffix}" if stem and len(suffix) <= 10 else ""
        visible = visible[: MAX_NAME - 1 - len(keep)] + "…" + keep
    return visible if visible.strip(".") else "table"


def check_workspace(workspace: str) -> str:
    """Returns the workspace id.

    Raises:
        BadInput: it is not 1 to 64 of the characters a-z, 0-9 and "-", so it could be a path.
    """
    if not WORKSPACE.fullmatch(workspace):
        raise BadInput("a workspace id of a-z, 0-9 and -", repr(workspace[:80]), "Open the app again to get one.")
    return workspace


def unique_names(originals: Sequence[str]) -> list[str]:
    """A name for each column: blank ones become ``column_<position>``, repeated ones get ``.1``, ``.2``, all else stays.

    Args:
        originals: what the file says, in the order of the columns.
    """
    taken = {name for name in originals if name.strip()}
    seen: set[str] = set()
    names = []
    for position, original in enumerate(originals, start=1):
        name = original if original.strip() else free_name(f"column_{position}", taken | seen)
        if name in seen:
            name = free_name(name, taken | seen, numbered=True)
        seen.add(name)
        names.append(name)
    return names


def free_name(wanted: str, taken: set[str], *, numbered: bool = False) -> str:
    """``wanted``, or ``wanted.1``, ``wanted.2`` … where that is taken (or where ``numbered`` asks for one at once)."""
    if wanted not in taken and not numbered:
        return wanted
    number = 1
    while f"{wanted}.{number}" in taken:
        number += 1
    return f"{wanted}.{number}"

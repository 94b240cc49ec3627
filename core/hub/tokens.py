"""Whose token speaks to the Hub. Tokens of users live in the memory of the server's process and nowhere else."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field

ENVIRONMENT = "HF_TOKEN"


@dataclass(frozen=True)
class Token:
    """A token and its owner. The token shows in no representation of it."""

    value: str = field(repr=False)
    user: str


class Tokens:
    """The tokens of the workspaces of one server, in memory. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, Token] = {}

    def hold(self, workspace: str, token: Token) -> None:
        with self._lock:
            self._held[workspace] = token

    def drop(self, workspace: str) -> None:
        with self._lock:
            self._held.pop(workspace, None)

    def of(self, workspace: str) -> Token | None:
        """The token that a workspace signed in with."""
        with self._lock:
            return self._held.get(workspace)


def from_environment() -> str | None:
    """The administrator's token, which speaks for the whole server."""
    return os.environ.get(ENVIRONMENT) or None

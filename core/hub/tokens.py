"""Whose token speaks to the Hub. Tokens of users live in the memory of the server's process and nowhere else."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

ENVIRONMENT = "HF_TOKEN"


@dataclass(frozen=True)
class Token:
    """A token and its owner. The token shows in no representation of it.

    Args:
        ends: when it serves no longer, by the clock of :class:`Tokens`; ``None`` where nobody knows.
    """

    value: str = field(repr=False)
    user: str
    ends: float | None = None


class Tokens:
    """The tokens of the workspaces of one server, in memory. Safe for several threads.

    Args:
        clock: seconds; of the monotonic clock where none is given.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, Token] = {}
        self.now = clock

    def hold(self, workspace: str, token: Token) -> None:
        with self._lock:
            self._held[workspace] = token

    def drop(self, workspace: str) -> None:
        with self._lock:
            self._held.pop(workspace, None)

    def of(self, workspace: str) -> Token | None:
        """The token that a workspace signed in with; one whose time is over is dropped."""
        with self._lock:
            token = self._held.get(workspace)
            if token is not None and token.ends is not None and token.ends <= self.now():
                del self._held[workspace]
                return None
            return token


def from_environment() -> str | None:
    """The administrator's token, which speaks for the whole server."""
    return os.environ.get(ENVIRONMENT) or None

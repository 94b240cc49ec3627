"""What can go wrong on the way to a Hub, on demand."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass


@dataclass
class Fault:
    """One kind of trouble.

    Args:
        path: pattern of the addresses that it meets.
        method: which requests; empty for all.
        status: answered in the place of the real answer; 0 leaves the answer alone.
        cut: bytes of the body after which the connection is closed; ``None`` sends it all.
        wait: seconds before the answer.
        drip: seconds between a byte of the body and the next.
        times: how often; a negative number for ever.
        headers: of the answer with ``status``.
    """

    path: str
    method: str = ""
    status: int = 0
    cut: int | None = None
    wait: float = 0.0
    drip: float = 0.0
    times: int = -1
    headers: tuple[tuple[str, str], ...] = ()


class Faults:
    """The troubles in force. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: list[Fault] = []

    def add(self, path: str, **more: object) -> Fault:
        """Puts a trouble in force."""
        made = Fault(path, **more)  # type: ignore[arg-type]
        with self._lock:
            self._all.append(made)
        return made

    def clear(self) -> None:
        with self._lock:
            self._all.clear()

    def met_by(self, method: str, path: str) -> Fault | None:
        """The first trouble that a request meets; it counts as used."""
        with self._lock:
            for fault in self._all:
                if fault.times != 0 and fault.method in ("", method) and re.search(fault.path, path):
                    fault.times -= 1
                    return fault
        return None

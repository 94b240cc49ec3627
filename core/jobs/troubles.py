"""What goes wrong again and again, told once in a while: the log of a night must not fill the disk."""

from __future__ import annotations

import logging
import time

from core.errors import printable, safe_traceback

AGAIN_SECONDS = 600.0
log = logging.getLogger(__name__)


class Troubles:
    """Tells each trouble when it comes up, and again every ten minutes while it lasts."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def tell(self, where: str, error: BaseException) -> None:
        """Writes one line to the log, with the traceback at its first time."""
        what = printable(f"{where}: {type(error).__name__}: {error}")
        since = time.monotonic() - self._told.get(what, -AGAIN_SECONDS)
        if since < AGAIN_SECONDS:
            return
        if what in self._told:
            log.warning("%s (it goes on)", what)
        else:
            log.warning("%s\n%s", what, safe_traceback(error))
        self._told = {old: when for old, when in self._told.items() if time.monotonic() - when < 2 * AGAIN_SECONDS}
        self._told[what] = time.monotonic()

"""A look at the first rows of a data set, before it is brought in."""

from __future__ import annotations

import json
import threading
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.errors import HubError, RunFailed
from core.settings import Settings
from core.tables.hub.bringing import answers, error_in, start_child
from core.tables.hub.wanted import Wanted, check_access


class FirstRows(BaseModel):
    """The first rows as they would be in the table, long cells cut.

    Args:
        notes: what is left out or written differently.
    """

    model_config = ConfigDict(frozen=True)

    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def first_rows(settings: Settings, wanted: Wanted, *, token: str | None = None) -> FirstRows:
    """Reads ``first_rows`` rows in a process of their own.

    Raises:
        HubError: they do not come within ``first_rows_seconds``, or the way to the Hub is broken.
        BadInput: the files cannot be read.
    """
    check_access(settings, wanted, token)
    process = start_child(settings)
    asked = {"wanted": wanted.model_dump(mode="json"), "token": token, "first": settings.first_rows}
    timer = threading.Timer(settings.first_rows_seconds, process.kill)
    timer.start()
    try:
        said = list(answers(process, json.dumps(asked) + "\n"))
    finally:
        timer.cancel()
        process.kill()
    facts = said[-1] if said else {}
    if "first" in facts:
        return FirstRows(columns=facts["columns"], rows=facts["first"], notes=facts["notes"])
    if (error := error_in(facts)) is not None:
        raise error
    what = f"the first rows of {wanted.source.dataset}"
    if timer.finished.is_set() and process.returncode == -9:
        raise HubError(
            f"{what} within {settings.first_rows_seconds:g} s (setting first_rows_seconds)", "more time", "Bring it in without a look."
        )
    raise RunFailed(what, f"a process that ended with code {process.returncode}", "Try again.")

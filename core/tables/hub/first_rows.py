"""A look at the first rows of a data set, before it is brought in."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from core.errors import HubError
from core.settings import Settings
from core.tables.hub.bringing import ENVIRONMENT, QUESTION
from core.tables.hub.wanted import Wanted, check_access
from core.work import Work


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
    asked = {"wanted": wanted.model_dump(mode="json"), "token": token, "first": settings.first_rows}
    work = Work(settings, QUESTION, asked, outcome="first", environment=ENVIRONMENT)
    work.join(settings.first_rows_seconds)
    what = f"the first rows of {wanted.source.dataset}"
    late = work.state == "running"
    work.stop()  # what was told in time counts, however long the process takes to end
    if late and not {"first", "error"} & set(work.answer):
        within = f"{what} within {settings.first_rows_seconds:g} s (setting first_rows_seconds)"
        raise HubError(within, "more time", "Bring it in without a look.")
    if work.state != "done":
        raise work.error(what, "Try again.")
    return FirstRows(columns=work.answer["columns"], rows=work.answer["first"], notes=work.answer["notes"])

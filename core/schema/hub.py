"""Rows of a data set of the Hub, named by one address: ``hf://datasets/owner/name@revision:config/split?rows=1000&columns=text``."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, unquote, urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import BadInput

SCHEME = "hf://datasets/"
NAME_PATTERN = r"^[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}$"
_ADDRESS = re.compile(
    r"(?P<dataset>[^/@:?]+/[^/@:?]+)(?:@(?P<revision>[^:?]+))?(?::(?:(?P<config>[^/?]+)/)?(?P<split>[^/?]+))?(?:\?(?P<more>.*))?"
)
SHAPE = f"an address such as {SCHEME}owner/name:train, with @REVISION after the name and CONFIG/ before the split where needed"


class HubSource(BaseModel):
    """Which rows of which data set.

    Args:
        dataset: owner/name.
        revision: branch, tag or commit; a table's own is always the commit.
        config: part of the data set with columns of its own; ``None`` for the one that it has or calls its default.
        split: train, test and so on; ``None`` for train, or the only one.
        columns: which of them; all where none is named.
        rows: the first so many; ``None`` for all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str = Field(pattern=NAME_PATTERN)
    revision: str | None = Field(None, min_length=1, max_length=200)
    config: str | None = Field(None, min_length=1, max_length=200)
    split: str | None = Field(None, min_length=1, max_length=200)
    columns: tuple[str, ...] = ()
    rows: int | None = Field(None, gt=0)

    @property
    def address(self) -> str:
        """What the command line reads."""
        place = "/".join(quote(part, safe="") for part in (self.config, self.split) if part) if self.split else ""
        asked = ([("rows", str(self.rows))] if self.rows else []) + [("columns", name) for name in self.columns]
        revision = f"@{quote(self.revision)}" if self.revision else ""
        return f"{SCHEME}{self.dataset}{revision}{':' + place if place else ''}{'?' + urlencode(asked) if asked else ''}"


def is_hub_address(text: str) -> bool:
    """Whether a text names a data set of the Hub and not a file."""
    return text.startswith(SCHEME)


def parse_hub_address(text: str) -> HubSource:
    """What an address names.

    Raises:
        BadInput: it has another shape.
    """
    found = _ADDRESS.fullmatch(text.removeprefix(SCHEME))
    more = parse_qs(found["more"] or "") if found else {}
    if not is_hub_address(text) or not found or not set(more) <= {"rows", "columns"}:
        raise BadInput(SHAPE, repr(text[:200]), "Write it in this way.")
    given = {name: unquote(found[name]) for name in ("dataset", "revision", "config", "split") if found[name]}
    try:
        return HubSource(**given, columns=tuple(more.get("columns", ())), rows=more["rows"][0] if "rows" in more else None)
    except ValidationError as error:
        raise BadInput(SHAPE, repr(text[:200]), "Write it in this way.") from error

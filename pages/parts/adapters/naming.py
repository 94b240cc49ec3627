"""A name for an adapter that is about to be made."""

from __future__ import annotations

import re

from core import models
from core.schema.models import NAME
from pages.parts.visit import Visit

LONGEST = 40
_DOTS, _DASHES = re.compile(r"\.{2,}"), re.compile(r"-{2,}")


def proposed(visit: Visit, text: str, otherwise: str) -> str:
    """A free name made of a table's or a file's, without what a name cannot hold.

    Args:
        otherwise: where nothing is left of it.
    """
    letters = "".join(letter if NAME.fullmatch(f"a{letter}") else "-" for letter in text)
    short = _DASHES.sub("-", _DOTS.sub(".", letters))[:LONGEST]  # a name of the Hub holds neither twice
    return models.free_name(visit.settings, visit.workspace, short.strip("-._").lower() or otherwise)

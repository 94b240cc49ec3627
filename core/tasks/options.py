"""Types of options that several tasks share."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BeforeValidator


def split_names(value: Any) -> Any:
    """A text with commas as the names between them, or a JSON list of names; anything else is left to pydantic."""
    names = _names_in(value) if isinstance(value, str) else value
    if not isinstance(names, list | tuple):
        return names
    return tuple(dict.fromkeys(name.strip() for name in names if not isinstance(name, str) or name.strip()))


def _names_in(text: str) -> list:
    try:
        names = json.loads(text)
    except ValueError:
        names = None
    return names if isinstance(names, list) else text.split(",")


Names = Annotated[tuple[str, ...], BeforeValidator(split_names)]
"""Several names, also as one text with commas between them. Blank ones and repetitions are left out."""

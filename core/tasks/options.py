"""Types of options that several tasks share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator


def split_names(value: Any) -> Any:
    """A text with commas as the names between them; anything else is left to pydantic."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple):
        return names
    return tuple(dict.fromkeys(name.strip() for name in names if not isinstance(name, str) or name.strip()))


Names = Annotated[tuple[str, ...], BeforeValidator(split_names)]
"""Several names, also as one text with commas between them. Blank ones and repetitions are left out."""

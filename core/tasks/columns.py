"""Column names made of labels: whatever a model's config says, a column name is short, printable and taken once."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_NAME_CHARACTERS = 60
_NOT_PLAIN = re.compile(r"[^\w.+-]+")


def label_columns(prefix: str, labels: Sequence[str]) -> list[str]:
    """A column name for each label: ``prefix`` and the label in plain characters (letters of any script stay).

    Names that differ only in case count as equal, as they do for SQL and for spreadsheet programs; the later one gets a number.
    """
    taken: set[str] = set()
    names = []
    for index, label in enumerate(labels):
        plain = _NOT_PLAIN.sub("_", label).strip("_.")[:MAX_NAME_CHARACTERS] or f"label_{index}"
        name, number = prefix + plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{prefix}{plain}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names

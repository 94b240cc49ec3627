"""What the settings of a run are called on the pages, where two runs are told apart by them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.schema import Dials
from pages.parts.choices.option_controls import label_of
from pages.parts.tuning.dials import title_of

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "name": "Name of the adapter",
        "revision": "Revision of the model",
        "precision": "Precision asked for",
        "chosen.precision": "Precision taken",
        "chosen.backend": "Backend taken",
        "limit": "Only the first rows",
        "table.content": "Table, by its content",
        "table.rows": "Rows of the table",
        "validation.content": "Table of validation rows, by its content",
        "validation.rows": "Rows of the validation table",
        "split.method": "Split",
        "split.share": "Part for validation",
        "split.column": "Column of the split",
        "problem": "What a cell holds",
        "separator": "Between several labels",
    }
)
PARTS: Mapping[str, str] = MappingProxyType({"roles": "Column of", "versions": "Version of", "label_map": "Meaning of the label"})
"""What is said before the name of a part of a setting."""


def setting_title(name: str) -> str:
    """A setting as :func:`core.comparison.differing` names it, in the words of the form."""
    group, _, part = name.partition(".")
    if name in TITLES:
        return TITLES[name]
    if group == "dials" and part in Dials.model_fields:
        return title_of(part)
    if group == "options" and part:
        return label_of(part)
    if group in PARTS and part:
        said = part.replace("_", " ") if group == "roles" else part
        return f"{PARTS[group]} {said}"
    return name if part else label_of(name)

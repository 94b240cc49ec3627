"""Personal data in the cells that are about to leave, and what may be done about it: the one place that publishing asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.privacy import PersonalDataReport, check_columns, mask
from core.settings import Settings

LEAVE_OUT, MASK, AS_IT_IS = "leave out", "mask", "as it is"
CHOICES = (LEAVE_OUT, MASK, AS_IT_IS)


def look(settings: Settings, table: Path, columns: Sequence[str]) -> PersonalDataReport:
    """What columns of a table hold. Nobody is asked for names of people: that takes a model.

    Args:
        table: Parquet.

    Raises:
        BadInput: a column that the table does not have.
    """
    return check_columns(table, columns, settings)


def masked(text: str) -> str:
    """A cell's text with its kind in the place of each finding, as ``[phone]``."""
    return mask(text)

"""Personal data in what is about to leave, and what may be done about it.

This is the one place that a check of cells for addresses, numbers and names is asked from: :func:`found`, and :func:`masker` for the
choice to mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.publish.result import Mask
from core.settings import Settings

LEAVE_OUT, MASK, AS_IT_IS = "leave out", "mask", "as it is"
CHOICES = (LEAVE_OUT, MASK, AS_IT_IS)


@dataclass(frozen=True)
class Personal:
    """Personal data in a column.

    Args:
        kind: what it is: ``e-mail address``, ``phone number``, ...
        count: cells that have it.
        example: one of them, masked.
    """

    column: str
    kind: str
    count: int
    example: str = ""


def masker(settings: Settings) -> Mask | None:
    """What makes a cell's text safe to leave; ``None`` where this version has none, and masking is no choice."""
    return None


def found(settings: Settings, table: Path, columns: Sequence[str]) -> list[Personal] | None:
    """What columns of a table hold; ``None`` where this version has no check, and nobody has looked.

    Args:
        table: Parquet.
    """
    return None

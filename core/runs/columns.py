"""The columns of a run's rows: what the user calls them, what SQL calls them, what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.errors import BadInput

Kind = Literal["text", "number", "boolean", "time", "other"]
NUMBERS = ("INT", "FLOAT", "DOUBLE", "DECIMAL", "HUGEINT")


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result.

    Attributes:
        name: as the user knows it.
        identifier: its name in SQL, ours.
        kind: what it holds; text unless the file was typed.
        output: which of the task's outputs it is (``prediction``...), ``None`` for the user's own columns.
    """

    name: str
    identifier: str
    kind: Kind
    output: str | None = None

    @property
    def text(self) -> str:
        """Its value as text, in SQL."""
        return self.identifier if self.kind == "text" else f"CAST({self.identifier} AS VARCHAR)"


def named(columns: Sequence[ResultColumn], name: str) -> ResultColumn:
    """The column of this exact name.

    Raises:
        BadInput: there is none.
    """
    for column in columns:
        if column.name == name:
            return column
    names = ", ".join(column.name for column in columns)
    raise BadInput(f"a column named {name!r}", f"the columns {names[:300]}", "Choose one of these.")


def output_of(columns: Sequence[ResultColumn], output: str) -> ResultColumn | None:
    """The column with this output of the task, ``None`` where the run has no such output."""
    return next((column for column in columns if column.output == output), None)


def kind_of(duck_type: str) -> Kind:
    """What a column of a DuckDB type holds."""
    if duck_type == "VARCHAR" or duck_type.startswith("ENUM"):
        return "text"
    if duck_type == "BOOLEAN":
        return "boolean"
    if duck_type == "DATE" or duck_type.startswith("TIMESTAMP"):
        return "time"
    numeric = any(word in duck_type for word in NUMBERS) and not duck_type.endswith("]") and "(" not in duck_type.removeprefix("DECIMAL(")
    return "number" if numeric else "other"

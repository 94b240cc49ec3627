"""The rows of a table as a fine-tune reads them: texts by role, and the cells of the label column."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from core.inference.keys import as_text
from core.schema import Role

TEXT_ROLES = (Role.TEXT, Role.TEXT_PAIR)


@dataclass(frozen=True)
class Rows:
    """All rows of a table.

    Args:
        cells: for each text role its cells, ``""`` where there is none.
        labels: cells of the label column.
        extra: cells of the column that the split goes by, ``None`` where it goes by none.
    """

    cells: dict[str, list[str]]
    labels: list[str | None]
    extra: list[str | None] | None

    def some(self, places: np.ndarray) -> dict[str, list[str]]:
        """The text cells of some rows."""
        return {role: [cells[place] for place in places] for role, cells in self.cells.items()}

    def __add__(self, other: Rows) -> Rows:
        """The rows of two tables, one after the other."""
        cells = {role: mine + other.cells[role] for role, mine in self.cells.items()}
        return Rows(cells, self.labels + other.labels, None)


def read_rows(path: Path, roles: dict[Role, str], split_column: str) -> Rows:
    """Reads the columns that the roles and the split name."""
    named = {role: roles[role] for role in TEXT_ROLES if role in roles}
    wanted = list(dict.fromkeys([*named.values(), roles[Role.LABEL], *([split_column] if split_column else [])]))
    table = pq.read_table(path, columns=wanted)
    text = {name: as_text(table[name].combine_chunks()).to_pylist() for name in wanted}
    cells = {str(role): [cell or "" for cell in text[column]] for role, column in named.items()}
    return Rows(cells, text[roles[Role.LABEL]], text[split_column] if split_column else None)

"""The rows of a table as a fine-tune reads them: what the model reads, and the user's own answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from core import tasks
from core.inference.keys import as_text
from core.schema import FinetuneSpec, Role


@dataclass(frozen=True)
class Rows:
    """All rows of a table.

    Args:
        cells: for each content of the task its cells, ``""`` where there is none.
        truth: for each role with answers its cells.
        extra: cells of the column that the split goes by, ``None`` where it goes by none.
        named: cells of the columns that name rows, by their roles, where these are asked for.
    """

    cells: dict[str, list[str]]
    truth: dict[Role, list[str | None]]
    extra: list[str | None] | None = None
    named: dict[Role, list[str | None]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.cells.values())))

    def some(self, places: np.ndarray) -> dict[str, list[str]]:
        """What the model reads of some rows."""
        return {name: [cells[place] for place in places] for name, cells in self.cells.items()}

    def answers(self, places: np.ndarray) -> dict[Role, list[str | None]]:
        """The answers of some rows as the table has them."""
        return {role: [cells[place] for place in places] for role, cells in self.truth.items()}

    def __add__(self, other: Rows) -> Rows:
        """The rows of two tables, one after the other."""
        cells = {name: mine + other.cells[name] for name, mine in self.cells.items()}
        return Rows(cells, {role: mine + other.truth[role] for role, mine in self.truth.items()})


def read_rows(path: Path, spec: FinetuneSpec, split_column: str = "", naming: Collection[Role] = ()) -> Rows:
    """Reads the columns that the spec and the split name.

    Args:
        naming: roles that name rows and whose cells are wanted where the spec has them.
    """
    task = tasks.get(spec.task)
    read = task.content(spec.roles, task.Options.model_validate(spec.options))
    answered = {use.role: spec.roles[use.role] for use in task.roles if use.truth and use.role in spec.roles}
    named = {role: spec.roles[role] for role in naming if role in spec.roles}
    columns = [content.column for content in read]
    wanted = list(dict.fromkeys([*columns, *answered.values(), *named.values(), *([split_column] if split_column else [])]))
    table = pq.read_table(path, columns=wanted)
    text = {name: as_text(table[name].combine_chunks()).to_pylist() for name in wanted}
    cells = {str(content.name): [cell or "" for cell in text[content.column]] for content in read}
    truth, names = ({role: text[column] for role, column in each.items()} for each in (answered, named))
    return Rows(cells, truth, text[split_column] if split_column else None, names)

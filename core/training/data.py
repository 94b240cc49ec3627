"""What a fine-tune learns from, read from its tables: rows, targets, and which rows are for what. No model is needed for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import BadInput
from core.schema import FinetuneSpec
from core.schema.training import Split
from core.settings import Settings
from core.training.checks import Finding
from core.training.objectives import Objective, objective_of
from core.training.refusing import refuse_too_few
from core.training.rows import read_rows
from core.training.splitting.checks import share_missed
from core.training.splitting.split import ClassCount, split_rows


@dataclass(frozen=True)
class Data:
    """What is learned, and the places of its rows for each part.

    Attributes:
        train: int64 and ascending, as ``validation``.
        split: that parted them; ``None`` where the validation rows are a table of their own.
    """

    objective: Objective
    train: np.ndarray
    validation: np.ndarray
    split: Split | None = None

    def findings(self) -> list[Finding]:
        """The check list, what stops a training first."""
        missed = share_missed(self.split, self.train, self.validation, self.objective.same()) if self.split else None
        return [*self.objective.findings(self.train, self.validation), *([missed] if missed else [])]

    def classes(self) -> list[ClassCount]:
        """Rows per class on either side."""
        return self.objective.classes(self.train, self.validation)


def read_data(settings: Settings, spec: FinetuneSpec, table: Path, validation_table: Path | None = None) -> Data:
    """Rows, targets and split of a spec. Rows that cannot be learned from are in neither part; equal rows are in one.

    Raises:
        BadInput: the targets cannot be learned, or a part would be empty.
        LimitReached: more labels than ``max_model_labels``.
    """
    kind = objective_of(spec.task)
    rows = kind.arranged(read_rows(table, spec, "" if validation_table else spec.split.column, kind.naming))
    own = len(rows)
    if validation_table:
        rows = rows + kind.arranged(read_rows(validation_table, spec, naming=kind.naming))
    objective = kind.read(settings, spec, rows)
    usable = objective.usable()
    if validation_table:
        train, validation = usable[usable < own], usable[usable >= own]
        check_parts(train, validation)
        return Data(objective, train, validation)
    refuse_too_few(objective, usable)
    column, same = objective.rows.extra, objective.same()
    train, validation = split_rows(settings, spec.split, objective.labels, usable, column=column, same=same, seed=spec.seed)
    return Data(objective, train, validation, spec.split)


def check_parts(train: np.ndarray, validation: np.ndarray) -> None:
    """Raises BadInput where a part has no row."""
    for part, rows in (("training", train), ("validation", validation)):
        if not len(rows):
            raise BadInput(f"rows with a text and a label in the {part} table", "none", "Choose another table, or other columns.")

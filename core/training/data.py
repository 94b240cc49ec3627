"""What a fine-tune learns from, read from its tables: rows, labels, and which rows are for what. No model is needed for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import BadInput
from core.schema import FinetuneSpec, Role
from core.settings import Settings
from core.training.checks import Finding, check, usable_rows
from core.training.labels import Labels, read_labels
from core.training.rows import Rows, read_rows
from core.training.same_texts import together
from core.training.split import ClassCount, preview, split_rows


@dataclass(frozen=True)
class Data:
    """All rows of the table, and after them those of the validation table where there is one; places of those for each part."""

    rows: Rows
    labels: Labels
    train: np.ndarray
    validation: np.ndarray

    def findings(self) -> list[Finding]:
        """The check list, what stops a training first."""
        cells = self.rows.cells
        return check(self.labels, cells[Role.TEXT], cells.get(Role.TEXT_PAIR), train=self.train, validation=self.validation)

    def truth(self, places: np.ndarray) -> list[str | None]:
        """Labels of some rows as the model says them; cells as they are where a row has several labels or a number."""
        if self.labels.problem == "single_label_classification":
            return [self.labels.names[target] for target in self.labels.targets[places]]
        return [self.rows.labels[place] for place in places]

    def classes(self) -> list[ClassCount]:
        """Rows per class on either side."""
        return preview(self.labels, self.train, self.validation)


def read_data(settings: Settings, spec: FinetuneSpec, table: Path, validation_table: Path | None = None) -> Data:
    """Rows, labels and split of a spec. Rows without a label or a text are in neither part; equal rows are in one.

    Raises:
        BadInput: the labels cannot be learned from, or a part would be empty.
        LimitReached: more labels than ``max_model_labels``.
    """
    rows = read_rows(table, spec.roles, "" if validation_table else spec.split.column)
    own = len(rows.labels)
    if validation_table:
        rows = rows + read_rows(validation_table, spec.roles, "")
    labels = read_labels(settings, rows.labels, problem=spec.problem, separator=spec.separator)
    usable = usable_rows(labels, rows.cells[Role.TEXT])
    if validation_table:
        train, validation = usable[usable < own], usable[usable >= own]
        check_parts(train, validation)
        return Data(rows, labels, train, validation)
    train, validation = split_rows(
        settings, spec.split, labels, usable, column=rows.extra, same=together(*rows.cells.values()), seed=spec.seed
    )
    return Data(rows, labels, train, validation)


def check_parts(train: np.ndarray, validation: np.ndarray) -> None:
    """Raises BadInput where a part has no row."""
    for part, rows in (("training", train), ("validation", validation)):
        if not len(rows):
            raise BadInput(f"rows with a text and a label in the {part} table", "none", "Choose another table, or other columns.")

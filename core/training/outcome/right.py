"""Which answers are right, where a label column is the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.metrics.label_cells import read_cell
from core.tasks.labels import SEPARATOR

RIGHT_OR_WRONG = ("single", "multi")
"""Kinds of heads, in the words of :class:`core.tasks.TaskModel`, whose answers are right or wrong as a whole; numbers are not."""


def labels_right(truth: Sequence[str | None], prediction: Sequence[str], problem: str, separator: str = "") -> np.ndarray:
    """1 where a label is the true one, or where several are exactly the true ones; else 0. NaN where the truth is not known.

    Args:
        truth: labels as the model says them; cells as the user wrote them where a row may have several.
        problem: one of ``RIGHT_OR_WRONG``.
        separator: between several labels in a cell.
    """
    if problem == "multi":
        true = [None if (labels := read_cell(cell, separator or SEPARATOR.strip()).labels) is None else set(labels) for cell in truth]
        said = [set(filter(None, cell.split(SEPARATOR))) for cell in prediction]
        pairs = zip(true, said, strict=True)
    else:
        pairs = zip(truth, prediction, strict=True)
    return np.array([np.nan if true is None else float(true == said) for true, said in pairs], float)

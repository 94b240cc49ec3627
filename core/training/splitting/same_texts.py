"""Which rows hold the same text: they must not be trained on and measured with at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.metrics import normalised


def together(*columns: Sequence[str | None]) -> np.ndarray:
    """The same id for rows whose cells are the same in every column; case and white space do not count.

    Args:
        columns: the text column, and the second text where the task compares two; all of the same length.

    Returns:
        int64 ``[rows]``: the first row with the same texts. A row without any text has an id of its own.
    """
    first: dict[tuple[str, ...], int] = {}
    ids = np.arange(len(columns[0]), dtype=np.int64)
    for row, cells in enumerate(zip(*columns, strict=True)):
        texts = tuple(normalised(cell) for cell in cells)
        if any(texts):
            ids[row] = first.setdefault(texts, row)
    return ids


def same_values(cells: Sequence[str | None]) -> np.ndarray:
    """Like :func:`together` for one column, but blank cells are one value: nobody knows that they are not."""
    first: dict[str, int] = {}
    return np.fromiter((first.setdefault(normalised(cell), row) for row, cell in enumerate(cells)), np.int64, len(cells))

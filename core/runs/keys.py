"""The key of each row of a run, stored once: what its parts, its live view and its result count by.

The key of a row is the first row with the same content, or the reason why it has none to score. Which cells are content is the
plan's to know; everybody else reads what it wrote.
"""

from __future__ import annotations

import numpy as np

from core.files import replacing
from core.runs.layout import RunFolder


def write_keys(run: RunFolder, keys: np.ndarray) -> None:
    """Stores the keys, int64 ``[rows]``, by rename."""
    with replacing(run.keys_path) as temporary, temporary.open("wb") as file:
        np.save(file, keys.astype(np.int64, copy=False), allow_pickle=False)


def read_keys(run: RunFolder) -> np.ndarray | None:
    """The stored keys, int64 ``[rows]``; ``None`` before the plan."""
    try:
        return np.load(run.keys_path, allow_pickle=False)
    except FileNotFoundError:
        return None

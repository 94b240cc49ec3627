"""The columns of a result that need all rows at once, such as clusters: computed after the last part."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from core.inference.keys import content_columns, distinct_keys
from core.inference.loading import Loaded
from core.inference.plan import read_windows
from core.runs import RunContext
from core.runs.parts import ERROR, KEY, collect
from core.schema import PredictSpec
from core.settings import MEGABYTE
from core.tasks import AllRows, Task


def compare_rows(context: RunContext, spec: PredictSpec, loaded: Loaded, keys: np.ndarray) -> tuple[pa.Table | None, list[str]]:
    """What the task says of all distinct rows together.

    Args:
        keys: the key of each row of the run.

    Returns:
        A table with the column ``key`` and the new columns, or ``None``; and sentences on what was left out.
    """
    if type(loaded.task).over_all is Task.over_all:
        return None, []
    distinct, counts = distinct_keys(keys)
    limit = context.settings.compared_rows
    if len(distinct) > limit:
        return None, [
            f"Rows were not compared with each other: the table has {len(distinct):,} distinct texts, and at most "
            f"compared_rows = {limit:,} are compared. Score fewer rows for that."
        ]
    context.report("comparing the rows", len(keys), len(keys))
    parts = collect(context.run)
    parts = parts.filter(parts[ERROR].is_null()) if len(parts) else parts
    if not len(parts):
        return None, []
    scored = parts[KEY].to_numpy()
    rows = AllRows(
        keys=scored,
        counts=counts[np.searchsorted(distinct, scored)],
        outputs=parts.drop_columns([KEY, ERROR]),
        cells=_cells(context, spec, scored),
    )
    columns = loaded.task.over_all(loaded.model, rows)
    return (pa.table({KEY: scored, **columns}) if columns else None), []


def _cells(context: RunContext, spec: PredictSpec, keys: np.ndarray) -> dict[str, list[str]]:
    settings, columns = context.settings, content_columns(spec)
    cells: dict[str, list[str]] = {name: [] for name in columns}
    for window in read_windows(context.run.input_path, columns, keys, rows=settings.window_rows, characters=settings.window_mb * MEGABYTE):
        for name, values in window.cells.items():
            cells[name] += values
    return cells

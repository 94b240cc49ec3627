"""Ordering rows by a column of times, however these are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from core.errors import BadInput
from core.metrics.label_cells import number_in
from core.runs.dates import find_reading
from core.runs.duck import connect, within_limits
from core.settings import Settings
from core.training.words import quoted, rows_named

ISO = "Write times as 2025-05-31 or 2025-05-31 14:30 in every row, or split in another way."


def moments(settings: Settings, cells: Sequence[str | None], rows: np.ndarray) -> np.ndarray:
    """Numbers that grow with time: equal for equal times, comparable only with each other.

    Where every cell is a number (a year, seconds since 1970, a counter), the numbers are the order.

    Args:
        settings: the limits.
        cells: the column of times as texts, for the whole table.
        rows: int64, the rows looked at.

    Returns:
        float64 or int64 of the shape of ``rows``.

    Raises:
        BadInput: a cell is no time, or nothing in the column tells the day from the month.
    """
    texts = [(cells[row] or "").strip() for row in rows]
    numbers = [number_in(text) for text in texts]
    if all(number is not None for number in numbers):
        return np.array(numbers, np.float64)
    found = _read(settings, texts)
    unread = rows[[place for place, moment in enumerate(found) if moment is None]]
    if len(unread):
        example = quoted(cells[unread[0]] or "") if (cells[unread[0]] or "").strip() else "nothing"
        raise BadInput("a time in every row", f"{example} and the like in {rows_named(unread)}", ISO)
    return np.array(found, np.int64)


def _read(settings: Settings, texts: list[str]) -> list[int | None]:
    """Microseconds since 1970 of each text, ``None`` where it is no time."""
    connection = connect(settings, [])
    try:
        with within_limits(settings):
            connection.register("times", pa.table({"place": np.arange(len(texts)), "c0": pa.array(texts, pa.string())}))
            reading = find_reading(connection, "times", "c0")
            if reading.ambiguous:
                example = next((text for text in texts if text), "")
                raise BadInput("dates that can be read in one way", f"{quoted(example)}, where the month may come first or second", ISO)
            sql, parameters = reading.expression("c0")
            return [row[0] for row in connection.execute(f"SELECT epoch_us({sql}) FROM times ORDER BY place", parameters).fetchall()]
    finally:
        connection.close()

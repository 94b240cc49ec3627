"""Some rows of a result as a table of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.files import replacing
from core.runs.result import BATCH_ROWS


def write_selected_rows(source: Path, numbers: np.ndarray, path: Path) -> Path:
    """Writes some rows of a Parquet file as another one, by rename: all columns, types as they are, the order of the file.

    Args:
        numbers: int64, the rows to take, from 0, in any order; a number beyond the end is left out.
    """
    wanted = np.unique(numbers)
    start = 0
    with (
        pq.ParquetFile(source) as file,
        replacing(path, durable=False) as temporary,
        pq.ParquetWriter(temporary, file.schema_arrow) as writer,
    ):
        for batch in file.iter_batches(BATCH_ROWS):
            first, last = np.searchsorted(wanted, (start, start + len(batch)))
            if last > first:
                writer.write_batch(batch.take(pa.array(wanted[first:last] - start)))
            start += len(batch)
    return path

"""The failed rows of a result as a table of their own."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.files import replacing
from core.runs.layout import RunFolder
from core.runs.parts import ERROR
from core.runs.result import BATCH_ROWS, NOT_SCORED, SKIPPED_PREFIX, output_names


def write_failed_rows(run: RunFolder, path: Path) -> Path:
    """Writes the rows of a finished run that failed, with all their columns, as Parquet, by rename.

    Rows that were skipped, or that nobody tried, did not fail.
    """
    with pq.ParquetFile(run.result_path) as source, replacing(path) as temporary:
        schema = source.schema_arrow
        error = schema.names.index(output_names(schema).get(ERROR, ERROR))
        with pq.ParquetWriter(temporary, schema) as writer:
            for batch in source.iter_batches(BATCH_ROWS):
                writer.write_batch(batch.filter(_failed(batch.column(error))))
    return path


def _failed(errors: pa.Array) -> pa.Array:
    spared = pc.or_(pc.starts_with(errors, SKIPPED_PREFIX), pc.equal(errors, NOT_SCORED))
    return pc.and_not(pc.is_valid(errors), pc.fill_null(spared, False))

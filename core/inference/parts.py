"""Writing the parts of a run, and counting what they hold."""

from __future__ import annotations

import json
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.inference.loading import Loaded
from core.inference.plan import Work
from core.inference.score import Scored
from core.runs import RunContext, RunFolder, finished_keys, list_parts, write_part
from core.runs.parts import ERROR, KEY

FACTS = b"sheetformer.part"


class PartWriter:
    """Collects finished rows and writes them as parts: the first at once, then one every ``settings.part_seconds``.

    Seconds and counts travel in the part's own metadata: what a crash takes away was never counted.

    Args:
        started: ``time.perf_counter()`` when the work on these rows began.

    ``discounted`` are the seconds that were left out of the working time.
    """

    def __init__(self, context: RunContext, loaded: Loaded, work: Work, *, started: float):
        self._context, self._work = context, work
        self._schema = loaded.task.output_columns(loaded.model)
        self._waiting: list[Scored] = []
        self._since = started
        self.discounted = 0.0
        self._last_flush = -np.inf
        kept = finished_keys(context.run, again_failed=context.retry_failed)
        bad = np.setdiff1d(kept, finished_keys(context.run, again_failed=True), assume_unique=True)
        known = np.isin(work.distinct, kept, assume_unique=True)
        self.rows_done = int((work.keys < 0).sum() + work.counts[known].sum())
        self.rows_failed = work.rows_of(np.intersect1d(bad, work.distinct, assume_unique=True))

    def discount(self, seconds: float) -> None:
        """Leaves these seconds out of the working time: they belong to the setup."""
        self._since += seconds
        self.discounted += seconds

    def add(self, scored: Scored) -> None:
        self._waiting.append(scored)
        self.rows_done += self._work.rows_of(scored.rows)
        if scored.failed:
            self.rows_failed += self._work.rows_of(np.fromiter(scored.failed, np.int64, len(scored.failed)))

    def flush_if_due(self) -> None:
        if time.monotonic() - self._last_flush >= self._context.settings.part_seconds:
            self.flush()

    def flush(self) -> None:
        """Writes what waits as one part."""
        if self._waiting:
            now = time.perf_counter()
            facts = {
                "seconds": max(now - self._since, 0.0),
                "truncated": int(sum(self._work.rows_of(scored.keys[scored.lost > 0]) for scored in self._waiting)),
                "lost_tokens": int(sum(scored.lost.sum() for scored in self._waiting)),
            }
            table = part_table(self._waiting, self._schema)
            write_part(self._context.run, self._context.attempt, table.replace_schema_metadata({FACTS: json.dumps(facts).encode()}))
            self._waiting, self._since = [], now
        self._last_flush = time.monotonic()

    def seconds_since_flush(self) -> float:
        return max(time.perf_counter() - self._since, 0.0)


def part_table(scored: list[Scored], schema: pa.Schema) -> pa.Table:
    """Finished rows as the table of a part; columns are null where a row failed."""
    full = pa.schema([pa.field(KEY, pa.int64()), *schema, pa.field(ERROR, pa.string())])
    tables = []
    for part in scored:
        if len(part.keys):
            columns = [part.columns[name].cast(schema.field(name).type) for name in schema.names]
            tables.append(pa.table([pa.array(part.keys), *columns, pa.nulls(len(part.keys), pa.string())], schema=full))
        if part.failed:
            empty = [pa.nulls(len(part.failed), field.type) for field in schema]
            tables.append(pa.table([pa.array(list(part.failed), pa.int64()), *empty, pa.array(list(part.failed.values()))], schema=full))
    return pa.concat_tables(tables).combine_chunks()


def facts_of_parts(run: RunFolder) -> dict[str, float]:
    """Sums over all parts: working seconds, rows cut, tokens lost."""
    total = {"seconds": 0.0, "truncated": 0, "lost_tokens": 0}
    for path in list_parts(run):
        facts = json.loads((pq.read_schema(path).metadata or {}).get(FACTS, b"{}"))
        for name in total:
            total[name] += facts.get(name, 0)
    return total

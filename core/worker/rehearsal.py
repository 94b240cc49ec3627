"""The job without a model: counts squares, part by part. For trying out what a server survives."""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa

from core.errors import RunFailed
from core.files import write_json
from core.runs import Outcome, RunContext, build_result, finished_keys, write_part
from core.runs.parts import ERROR, KEY
from core.schema import RehearsalSpec

NAP_SECONDS = 0.02


def run(context: RunContext) -> Outcome:
    """Writes for each row the square of its number, slowly enough to be disturbed.

    Raises:
        RunFailed: the run's spec is of another kind.
    """
    spec = context.run.spec()
    if not isinstance(spec, RehearsalSpec):
        raise RunFailed("the spec of a rehearsal", f"one of kind {spec.kind}", "Start a new run.")
    keys = np.arange(spec.rows, dtype=np.int64)
    open_keys = np.setdiff1d(keys, finished_keys(context.run, again_failed=context.retry_failed))
    done = spec.rows - len(open_keys)
    context.report("counting", done, spec.rows)
    for start in range(0, len(open_keys), spec.part_rows):
        if not _nap(context, spec.seconds_per_part):
            return "stopped"
        part = open_keys[start : start + spec.part_rows]
        write_part(context.run, context.attempt, _squares(part))
        done += len(part)
        context.report("counting", done, spec.rows)
    names = build_result(context.run, keys)
    summary = {
        "rows": spec.rows,
        "failed": 0,
        "skipped": 0,
        "distinct": spec.rows,
        "columns": list(names.values()),
        "attempt": context.attempt,
    }
    write_json(context.run.summary_path, summary)
    return "done"


def _squares(keys: np.ndarray) -> pa.Table:
    """A part: ``key``, ``prediction`` as text, ``error`` (always null)."""
    return pa.table(
        {KEY: keys, "prediction": pa.array([str(int(key) ** 2) for key in keys], pa.string()), ERROR: pa.nulls(len(keys), pa.string())}
    )


def _nap(context: RunContext, seconds: float) -> bool:
    """Sleeps in small steps; ``False`` as soon as the job is to stop."""
    end = time.monotonic() + seconds
    while not context.stop_requested():
        left = end - time.monotonic()
        if left <= 0:
            return True
        time.sleep(min(left, NAP_SECONDS))
    return False

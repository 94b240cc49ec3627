"""The end of a run: result, metrics, warnings, the user's own file, and the summary of CLI.md."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import SheetformerError
from core.files import write_json
from core.inference.comparing import compare_rows
from core.inference.fit import describe, look_at
from core.inference.loading import Loaded
from core.inference.measuring import label_map_in_force, write_metrics
from core.inference.parts import PartWriter, facts_of_parts
from core.inference.precision import Choice
from core.inference.side_table import export_side_table, write_side_table
from core.runs import RunContext, RunFolder, append_event, build_result, finished_keys
from core.schema import PredictSpec


def finish(
    context: RunContext,
    spec: PredictSpec,
    loaded: Loaded,
    keys: np.ndarray,
    writer: PartWriter,
    *,
    choice: Choice,
    setup: dict[str, float],
    backend: str,
) -> None:
    """Writes result, metrics, ``spec.out`` and at last the summary: where it stands, the run is complete."""
    run = context.run
    more, left_out = compare_rows(context, spec, loaded, keys)
    context.report("writing", writer.rows_done, len(keys), writer.rows_failed)
    names = build_result(run, keys, more)
    unmatched = write_metrics(context.settings, run, spec, loaded.model, label_map_in_force(run, spec))
    write_side_table(run)
    beside = None
    if spec.out is not None:
        beside = write_out(run, spec.out)
    summary = {
        "run": run.id,
        **_row_counts(run, keys),
        **_pace(run, len(keys), writer, setup),
        "precision": choice.precision,
        "precision_reason": choice.reason,
        "backend": backend,
        "out": str(spec.out) if spec.out else None,
        "side_out": str(beside) if beside else None,
        "columns": list(names.values()),
        "warnings": left_out + describe(look_at(context.settings, run.input_path, spec, loaded, keys)),
        **unmatched,
        "finished": time.time(),
    }
    write_json(run.summary_path, summary)
    append_event(run, "finished", rows=summary["rows"], failed=summary["failed"], seconds=summary["seconds"])
    context.report("done", len(keys), len(keys), summary["failed"])


def _row_counts(run: RunFolder, keys: np.ndarray) -> dict[str, int]:
    """What became of the rows."""
    failed = np.setdiff1d(finished_keys(run, again_failed=False), finished_keys(run, again_failed=True), assume_unique=True)
    return {
        "rows": len(keys),
        "failed": int(np.isin(keys, failed).sum()) if len(failed) else 0,
        "skipped": int((keys < 0).sum()),
        "distinct": int(np.count_nonzero(keys == np.arange(len(keys)))),  # a key is the first row with the same content
    }


def _pace(run: RunFolder, rows: int, writer: PartWriter, setup: dict[str, float]) -> dict[str, Any]:
    """Seconds of setup and of work, and what the parts have counted on the way."""
    facts = facts_of_parts(run)
    seconds = facts["seconds"] + writer.seconds_since_flush()
    return {
        "truncated": int(facts["truncated"]),
        "lost_tokens": int(facts["lost_tokens"]),
        "setup": {name: round(value, 3) for name, value in setup.items()},
        "setup_seconds": round(sum(setup.values()), 3),
        "seconds": round(seconds, 3),
        "rows_per_second": round(rows / seconds, 2) if seconds > 0 else None,
    }


def write_out(run: RunFolder, out: Path) -> Path | None:
    """Writes the user's own file, and the second table's beside it, whose path is returned.

    Raises:
        SheetformerError: of the class that the trouble has; says how to have the rows, all of which are scored.
    """
    try:
        export_result(run.result_path, out)
        return export_side_table(run, out)
    except SheetformerError as error:
        kept = f"Every row is scored and kept; write them with: python -m core results {run.id} --out FILE.csv"
        raise type(error)(error.expected, error.found, f"{error.next_step} {kept}", row=error.row) from error


def export_result(result: Path, out: Path) -> None:
    """Writes the user's own file, in the format of its ending."""
    from core.tables.export import export

    export(result, out)

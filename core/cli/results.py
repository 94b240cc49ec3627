"""``results``: the rows of a run as a file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import pyarrow.parquet as pq
import typer

from core.cli.files import check_out
from core.cli.output import AsJson, print_json, print_line, print_note
from core.errors import Conflict
from core.inference.side_table import export_side_table
from core.inference.snapshot import snapshot
from core.runs import RunFolder, has_current_result, open_run
from core.runs.query import write_failed_rows
from core.schema import PredictSpec
from core.settings import Settings
from core.tables.export import export
from core.tables.problems import number_of


def results(
    run_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the run, as jobs list shows it.")],
    out: Annotated[Path, typer.Option(help="File to write: .parquet, .csv, .xlsx or .jsonl.")],
    failed: Annotated[bool, typer.Option("--failed", help="Only the rows that failed.")] = False,
    safe: Annotated[bool, typer.Option("--safe", help="Escape cells that a spreadsheet program would run as formulas.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the rows of a run to a file; of a run that has not finished, those scored so far."""
    check_out(out)
    run = open_run(Settings(), run_id)
    if not has_current_result(run):
        run = _scored_so_far(run)
    with tempfile.TemporaryDirectory(prefix="sheetformer-") as folder:
        source = write_failed_rows(run, Path(folder) / "failed.parquet") if failed else run.result_path
        export(source, out.absolute(), safe=safe)
        beside = None if failed else export_side_table(run, out.absolute(), safe=safe)
        rows = pq.read_metadata(source).num_rows
    if as_json:
        print_json({"run": run_id, "rows": rows, "out": str(out.absolute()), "side_out": str(beside) if beside else None})
    else:
        print_line(f"{number_of(rows, 'row')} written to {out}{f', and {beside.name} beside it' if beside else ''}")


def _scored_so_far(run: RunFolder) -> RunFolder:
    """The parts of a run as a result of their own; rows still to come say "not scored"."""
    taken = snapshot(run) if isinstance(run.spec(), PredictSpec) else None
    if taken is None:
        raise Conflict("a run with scored rows", f"run {run.id} without any", f"Go on with: python -m core jobs resume {run.id}")
    print_note("Partial results: this run has not finished.")
    return taken

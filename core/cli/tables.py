"""``tables``: what is in a file, before anything is done with it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from core.cli.files import FILE_HELP, read_table
from core.cli.output import AsJson, print_json, print_line
from core.cli.parameters import with_import_choices
from core.schema import ImportChoices, ImportReport
from core.settings import Settings
from core.tables.problems import number_of

app = typer.Typer(help="Look at spreadsheets.", no_args_is_help=True)


@app.callback()
def tables_group() -> None:
    """Look at spreadsheets."""


@app.command()
@with_import_choices
def inspect(
    file: Annotated[str, typer.Argument(help=FILE_HELP)],
    choices: ImportChoices,
    as_json: AsJson = False,
) -> None:
    """Read FILE as an import would and report rows, columns, guesses and every problem. Nothing is kept."""
    with tempfile.TemporaryDirectory(prefix="sheetformer-") as folder:
        settings = Settings().model_copy(update={"home": Path(folder)})
        table = read_table(settings, file, choices)
    if as_json:
        print_json(public(table.report))
    else:
        print_report(table.report)


def public(report: ImportReport) -> dict:
    """The keys that CLI.md promises."""
    return {
        "rows": report.rows,
        "columns": [{"name": column.name, "role": column.role} for column in report.columns],
        **report.model_dump(mode="json", include={"encoding", "delimiter", "sheet", "header", "problems"}),
    }


def print_report(report: ImportReport) -> None:
    """The report for people."""
    found = {"encoding": report.encoding, "delimiter": report.delimiter, "sheet": report.sheet, "header": report.header}
    print_line(f"{report.format}: {number_of(report.rows, 'row')}, {number_of(len(report.columns), 'column')}")
    print_line(", ".join(f"{name} {value!r}" for name, value in found.items() if value is not None))
    for column in report.columns:
        print_line(f"  {column.name}: {column.kind}{f', suggested as {column.role}' if column.role else ''}")
    for problem in report.problems:
        place = ", ".join(part for part in (f"row {problem.row} of the file" if problem.row else "", problem.column or "") if part)
        print_line(f"  ! {place + ': ' if place else ''}{problem.what}")
    if report.problems_total > len(report.problems):
        print_line(f"  ! {number_of(report.problems_total - len(report.problems), 'more problem')}")

"""``predict``: score a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from core import inference, jobs, tables, tasks
from core.cli.follow import EXIT_CODES, follow
from core.cli.output import AsJson, print_json, print_line, print_note
from core.cli.parameters import parse_label_map, parse_settings, with_import_choices, with_roles
from core.errors import BadInput
from core.runs import open_run
from core.schema import ImportChoices, Job, JobState, Role
from core.settings import Settings
from core.workspaces import LOCAL

OUT_FORMATS = (".parquet", ".csv", ".xlsx", ".jsonl")


@with_import_choices
@with_roles
def predict(
    file: Annotated[str, typer.Argument(help="A spreadsheet, or hf://datasets/owner/name:split.")],
    task: Annotated[str, typer.Option(help="Task by its Hub name, such as text-classification.")],
    model: Annotated[str, typer.Option(help="embedded:NAME, adapter:NAME, local:NAME or owner/name@revision.")],
    roles: dict[Role, str],
    choices: ImportChoices,
    out: Annotated[Path | None, typer.Option(help="File for the result: .parquet, .csv, .xlsx or .jsonl.")] = None,
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16.")] = "auto",
    limit: Annotated[int | None, typer.Option(min=1, help="Score only the first rows.")] = None,
    set_: Annotated[list[str], typer.Option("--set", help="Option of the task as name=value; may be repeated.")] = [],  # noqa: B006
    map_label: Annotated[list[str], typer.Option(help="What a value of the label column means: value=label; may be repeated.")] = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Score every row of FILE with a model, as a job that goes on if this command is stopped."""
    settings = Settings()
    check_out(out)
    table = tables.import_file(settings, LOCAL, local_file(file), choices=choices)
    for problem in table.report.problems[:5]:
        print_note(f"{table.name}: {'row ' + str(problem.row) + ': ' if problem.row else ''}{problem.what}")
    spec = inference.make_spec(
        settings,
        table,
        task=task,
        model=model,
        roles=roles,
        options=parse_settings(set_),
        label_map=parse_label_map(map_label),
        precision=precision,
        limit=limit,
        out=out.absolute() if out else None,
    )
    job = jobs.submit(settings, spec, owner=LOCAL, input_table=table.path, title=table.name)
    finish(settings, follow(settings, job), as_json=as_json)


def finish(settings: Settings, job: Job, *, as_json: bool) -> None:
    """Prints what a job came to and exits as CLI.md says: 0 done, 1 failed, 3 stopped."""
    summary = open_run(settings, job.id).summary()
    if as_json:
        print_json({"run": job.id, "state": job.state, **summary} | ({"error": job.error} if job.error else {}))
    elif job.state is JobState.DONE:
        print_line(f"{summary.get('rows', 0):,} rows, {summary.get('failed', 0):,} failed, {summary.get('skipped', 0):,} skipped")
        print_line(f"Result: {summary.get('out') or open_run(settings, job.id).result_path}")
        for warning in summary.get("warnings", []):
            print_note(str(warning))
    if job.state is not JobState.DONE:
        print_note(job.error or f"Job {job.id} is {job.state}. Go on with: python -m core jobs resume {job.id}")
    raise typer.Exit(EXIT_CODES[job.state])


def local_file(text: str) -> Path:
    """The path of an existing file.

    Raises:
        BadInput: there is no such file, or it is a Hub address, which this version does not read yet.
    """
    if text.startswith("hf://"):
        raise BadInput("a file on this machine", text, "Download the data set first; Hub addresses are not read yet.")
    path = Path(text)
    if not path.is_file():
        raise BadInput("a file", f"{text}, which is {'a folder' if path.is_dir() else 'not there'}", "Check the path.")
    return path


def check_out(out: Path | None) -> None:
    """Says that a result cannot be written before an hour is spent on it."""
    if out is None:
        return
    if out.suffix.lower() not in OUT_FORMATS:
        raise BadInput(f"--out ending in one of {', '.join(OUT_FORMATS)}", out.name, "Choose one of these formats.")
    if not out.absolute().parent.is_dir():
        raise BadInput("--out in a folder that exists", str(out), "Make the folder first.")


def options_help() -> str:
    """The options of each task, for the end of ``predict --help``."""
    return "\n\n".join(f"--set for {task.name}: {_describe_options(task.Options) or 'none'}" for task in tasks.all_tasks())


def _describe_options(options: type[BaseModel]) -> str:
    return "; ".join(f"{name} (default {field.default}): {field.description}" for name, field in options.model_fields.items())

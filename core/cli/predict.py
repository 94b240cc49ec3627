"""``predict``: score a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from core import inference, jobs, tasks
from core.cli.fetching import fetch_gated
from core.cli.files import FILE_HELP, check_out, read_table
from core.cli.follow import finish, follow
from core.cli.output import AsJson, print_note
from core.cli.parameters import parse_label_map, parse_settings, with_import_choices, with_literals, with_roles
from core.schema import ImportChoices, Role
from core.settings import Settings
from core.tables.export import check_fits
from core.workspaces import LOCAL


@with_import_choices
@with_literals
@with_roles
def predict(
    file: Annotated[str, typer.Argument(help=FILE_HELP)],
    task: Annotated[str, typer.Option(help="Task by its Hub name, such as text-classification.")],
    model: Annotated[str, typer.Option(help="embedded:NAME, adapter:NAME, local:NAME or owner/name@revision.")],
    roles: dict[Role, str],
    choices: ImportChoices,
    literals: dict[str, str],
    out: Annotated[Path | None, typer.Option(help="File for the result: .parquet, .csv, .xlsx or .jsonl.")] = None,
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16, or int8 where it agrees.")] = "auto",
    limit: Annotated[int | None, typer.Option(min=1, help="Score only the first rows.")] = None,
    set_: Annotated[list[str], typer.Option("--set", help="Option of the task as name=value; may be repeated.")] = [],  # noqa: B006
    map_label: Annotated[list[str], typer.Option(help="What a value of the label column means: value=label; may be repeated.")] = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Score every row of FILE with a model, as a job that goes on if this command is stopped."""
    settings = Settings()
    check_out(out)
    table = read_table(settings, file, choices, rows=limit)
    for problem in table.report.problems[:5]:
        print_note(f"{table.name}: {f'row {problem.row} of the file: ' if problem.row else ''}{problem.what}")
    if out is not None:
        check_fits(table.path, out, rows=limit)
    fetch_gated(settings, model)
    spec = inference.make_spec(
        settings,
        table,
        task=task,
        model=model,
        roles=roles,
        options=parse_settings(set_) | literals,
        label_map=parse_label_map(map_label),
        precision=precision,
        limit=limit,
        out=out.absolute() if out else None,
        owner=LOCAL,
    )
    job = jobs.submit(settings, spec, owner=LOCAL, input_table=table.path, title=table.name)
    finish(settings, follow(settings, job), as_json=as_json)


def options_help() -> str:
    """The options of each task, for the end of ``predict --help``."""
    return "\n\n".join(f"--set for {task.name}: {_describe_options(task.Options) or 'none'}" for task in tasks.all_tasks())


def _describe_options(options: type[BaseModel]) -> str:
    return "; ".join(f"{name} (default {field.default}): {field.description}" for name, field in options.model_fields.items())

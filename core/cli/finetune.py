"""``finetune``: tune an adapter on a file's own labels."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from core import jobs, tables, training
from core.cli.fetching import fetch_gated
from core.cli.files import local_file, read_table
from core.cli.follow import finish, follow
from core.cli.output import AsJson, print_note
from core.cli.parameters import parse_settings, parse_texts, with_import_choices, with_literals, with_roles
from core.errors import BadInput
from core.schema import Dials, FinetuneSpec, ImportChoices, Job, Role, SearchSpec, Split
from core.settings import Settings
from core.training.refusing import refuse_what_stops
from core.training.search import make_search
from core.workspaces import LOCAL

SEARCH_PANEL = "Search over dials: several fine-tunes as one job, of which the best is kept"


@with_import_choices
@with_literals
@with_roles
def finetune(
    file: Annotated[str, typer.Argument(help="A spreadsheet with labels, or a data set of the Hub as hf://datasets/OWNER/NAME:SPLIT.")],
    task: Annotated[str, typer.Option(help="Task by its Hub name, such as text-classification.")],
    model: Annotated[str, typer.Option(help="The model to tune: embedded:minilm, local:NAME or owner/name@revision.")],
    name: Annotated[str, typer.Option(help="Name of the adapter; it is used as adapter:NAME.")],
    roles: dict[Role, str],
    choices: ImportChoices,
    literals: dict[str, str],
    validation: Annotated[str | None, typer.Option(help="A spreadsheet of validation rows, in the place of a split.")] = None,
    dials: Annotated[str | None, typer.Option(metavar="FILE", help="Settings saved by the page Fine-tune; other flags win.")] = None,
    preset: Annotated[str | None, typer.Option(help="quick, balanced or thorough; balanced by default.")] = None,
    split: Annotated[
        Literal["stratified", "random", "group", "time", "column"] | None,
        typer.Option(help="How validation rows are chosen; stratified by default."),
    ] = None,
    split_column: Annotated[str | None, typer.Option(help="Column for a split by group, time or column.")] = None,
    share: Annotated[float | None, typer.Option(min=0.01, max=0.99, help="Part of the rows for validation; 0.2 by default.")] = None,
    problem: Annotated[
        Literal["auto", "single_label_classification", "multi_label_classification", "regression"] | None,
        typer.Option(help="One label for each row, several, or a number; auto by default."),
    ] = None,
    separator: Annotated[str | None, typer.Option(help="What stands between several labels in one cell.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the split, the head and the order of the rows; 0 by default.")] = None,
    set_: Annotated[list[str], typer.Option("--set", help="Dial, or option of the task, as name=value; may be repeated.")] = [],  # noqa: B006
    search: Annotated[
        list[str],
        typer.Option(help="Dial to search over, as name=8,16,32 or name=0.0001..0.001; may be repeated.", rich_help_panel=SEARCH_PANEL),
    ] = [],  # noqa: B006
    search_method: Annotated[
        Literal["random", "grid", "optuna"] | None,
        typer.Option(help="By chance, all of a grid, or by Optuna where installed; random by default.", rich_help_panel=SEARCH_PANEL),
    ] = None,
    trials: Annotated[int | None, typer.Option(help="Most fine-tunes of a search; 12 by default.", rich_help_panel=SEARCH_PANEL)] = None,
    minutes: Annotated[
        float | None, typer.Option(help="Begin none that would not end within so many minutes.", rich_help_panel=SEARCH_PANEL)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tune an adapter on the labels of FILE, as a job that goes on if this command is stopped. With --search, the best of several."""
    settings = Settings()
    saved, (table, checked_by) = _saved(settings, dials, preset), _imported(settings, file, validation, choices)
    turned, options = training.parted(task, parse_settings(set_))
    given = {"task": task, "model": model, "roles": roles, "name": name, "validation": checked_by}
    given |= {"preset_name": saved.preset, "dials": saved.dials | turned, "options": saved.options | options | literals}
    given |= {"split": _split(saved.split, method=split, column=split_column, share=share)}
    given |= _before(saved, problem=problem, separator=separator, seed=seed)
    fetch_gated(settings, model)
    spec = training.make_spec(settings, table, owner=LOCAL, **given)
    work = _searched(settings, spec, search, method=search_method, trials=trials, minutes=minutes)
    finish(settings, follow(settings, _started(settings, spec, work, table, checked_by)), as_json=as_json)


def _imported(settings: Settings, file: str, validation: str | None, choices: ImportChoices) -> tuple[tables.Table, tables.Table | None]:
    """The table to learn from, what is odd in it being told, and that of validation rows where there is one."""
    table = read_table(settings, file, choices)
    for found in table.report.problems[:5]:
        print_note(f"{table.name}: {f'row {found.row} of the file: ' if found.row else ''}{found.what}")
    return table, read_table(settings, validation, choices) if validation else None


def _started(
    settings: Settings, spec: FinetuneSpec, work: FinetuneSpec | SearchSpec, table: tables.Table, checked_by: tables.Table | None
) -> Job:
    """The job, once it is told what the dials come to and what is odd in the rows.

    Raises:
        BadInput: nothing can be learned from them; no job is made that could only fail.
    """
    measured = checked_by.path if checked_by else None
    findings = training.read_data(settings, spec, table.path, measured).findings()
    refuse_what_stops(findings)
    print_note(training.plan_line(spec.dials, training.rows_of(spec)))
    for finding in findings:
        print_note(finding.what)
    title = f"{spec.name} on {table.name}"
    return jobs.submit(settings, work, owner=LOCAL, input_table=table.path, validation_table=measured, title=title)


def _searched(settings: Settings, spec: FinetuneSpec, space: list[str], **how: Any) -> FinetuneSpec | SearchSpec:
    """The search over dials that was asked for, or the fine-tune itself."""
    chosen = {name: value for name, value in how.items() if value is not None}
    if space:
        return make_search(settings, spec, parse_texts(space, "--search"), **chosen)
    if chosen:
        flags = ", ".join(f"--{'search-method' if name == 'method' else name}" for name in chosen)
        raise BadInput(f"--search beside {flags}", "none", "Name a dial and its values, such as --search rank=8,16,32.")
    return spec


def _saved(settings: Settings, file: str | None, preset: str | None) -> training.Saved:
    """The settings to begin with: a file's, or a preset's."""
    if file is None:
        return training.Saved.of(training.DEFAULT if preset is None else preset)
    if preset is not None:
        raise BadInput("--dials or --preset", "both", "Leave one out: the file says which preset its dials were turned from.")
    return training.read_saved_file(settings, local_file(file))


def _before(saved: training.Saved, **flags: Any) -> dict[str, Any]:
    """What flags say, and where they say nothing what the file does."""
    return {name: getattr(saved, name) if value is None else value for name, value in flags.items()}


def _split(before: Split, **given: Any) -> Split:
    """The file's split with the flags before it. Another method does not keep a column that was for the one before."""
    changes = {name: value for name, value in given.items() if value is not None}
    if changes.get("method", before.method) != before.method:
        changes = {"column": ""} | changes
    return before.model_copy(update=changes)


def dials_help() -> str:
    """The dials, for the end of ``finetune --help``."""
    usual = training.PRESETS[training.DEFAULT].dials
    dials = "; ".join(f"{name} ({getattr(usual, name)}): {field.description}" for name, field in Dials.model_fields.items())
    return f"--set for the dials, with the values of the preset {training.DEFAULT} (few rows get smaller batches and more epochs): {dials}"

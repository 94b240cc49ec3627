"""From what a user chose to the spec of a fine-tune: checked here, so that a job never starts on something that cannot work."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, JsonValue, ValidationError

from core import models, tasks
from core.errors import BadInput
from core.inference.spec_making import check_column, check_options, check_roles, library_versions
from core.refusal import first_refusal
from core.schema import Dials, FinetuneSpec, Role, Split
from core.schema.models import NAME
from core.settings import Settings
from core.tables import Table
from core.training.choices.presets import preset, rows_to_learn
from core.training.objectives import TASKS, objective_of
from core.training.outcome.shelves import free_name, shelf_of

BY_COLUMN = ("group", "time", "column")


def make_spec(
    settings: Settings,
    table: Table,
    *,
    owner: str,
    task: str,
    model: str,
    roles: Mapping[Role | str, str],
    name: str,
    preset_name: str = "balanced",
    dials: Mapping[str, JsonValue] | None = None,
    split: Split | None = None,
    validation: Table | None = None,
    problem: str = "auto",
    separator: str = "",
    options: Mapping[str, JsonValue] | None = None,
    seed: int = 0,
) -> FinetuneSpec:
    """Checks the choices for a fine-tune and puts them into a spec.

    Args:
        dials: what differs from the preset for as many rows as are learned from; text is converted to their types.
        validation: table with the same columns, in the place of a split.
        options: of the task, such as a prompt template.

    Raises:
        BadInput: something does not fit; the message names what would.
    """
    if task not in TASKS:
        raise BadInput(f"a task that can be tuned here ({', '.join(TASKS)})", repr(task)[:60], "Choose one of these.")
    if not NAME.fullmatch(name) or ".." in name:
        raise BadInput("a name of letters, digits, dot, dash and underscore for the adapter", repr(name)[:80], "Choose another name.")
    chosen, split = tasks.get(task), split or Split()
    checked_options = check_options(chosen, options or {})
    checked = _checked_columns(chosen, roles, checked_options, table, validation)
    _check_split(split, list(table.columns))
    files = _checked_base(settings, task, model, owner)
    rows = rows_to_learn(table.source.rows, checked, split, validation=validation is not None)
    spec = FinetuneSpec(
        versions=library_versions(),
        task=task,
        table=table.source,
        validation=validation.source if validation else None,
        roles=checked,
        model=files.reference,
        revision=files.revision,
        name=name,
        problem=problem,
        separator=separator,
        options=checked_options.model_dump(mode="json", exclude_defaults=True),
        split=split,
        dials=make_dials(preset_name, dials or {}, rows),
        seed=seed,
    )
    free = free_name(settings, spec, owner)
    if free != name:
        found = f"{shelf_of(spec).kind}:{name}, which is there"
        raise BadInput(f"a free name for the {shelf_of(spec).thing}", found, f"Choose {free}, or another.")
    return spec


def _checked_columns(
    task: tasks.Task, roles: Mapping[Role | str, str], options: BaseModel, table: Table, validation: Table | None
) -> dict[Role, str]:
    """The roles, each with a column that every table has; columns of a template are in the tables too."""
    checked = check_roles(task, roles, options, list(table.columns))
    lacking = objective_of(task.name).lacks(task, checked)
    if lacking:
        raise BadInput(f"a column with the {lacking} to learn", "none named", f"Name it with --{lacking}.")
    needed = {content.column: content.name for content in task.content(checked, options)}
    needed |= {column: f"the role {role}" for role, column in checked.items()}
    for column, purpose in needed.items():
        check_column(column, purpose, list(table.columns))
        if validation:
            check_column(column, f"{purpose} in the validation table", list(validation.columns))
    return checked


def _check_split(split: Split, columns: list[str]) -> None:
    if split.column and split.method not in BY_COLUMN:
        raise BadInput(
            f"a column only for a split by {', '.join(BY_COLUMN)}", f"one for {split.method}", "Choose such a split, or no column."
        )
    if split.method in BY_COLUMN:
        check_column(split.column, f"a split by {split.method}", columns)


def _checked_base(settings: Settings, task: str, model: str, owner: str) -> models.ModelFiles:
    """Files of a whole model that can learn the task."""
    files = models.foresee(settings, model, owner)
    if files.adapter is not None:
        raise BadInput("a whole model to tune", f"{model}, an adapter", "Choose the model that it was tuned on, such as embedded:minilm.")
    if not objective_of(task).suits(files):
        raise BadInput(f"a model that can be tuned for {task}", f"{model}, which is for {', '.join(files.tasks)}", "Choose another model.")
    return files


def parted(task: str, given: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """What was set by name, as dials and as options of the task: a name that both have, or neither, is a dial's."""
    fields = tasks.get(task).Options.model_fields if task in TASKS else {}
    options = {name: value for name, value in given.items() if name in fields and name not in Dials.model_fields}
    return {name: value for name, value in given.items() if name not in options}, options


def make_dials(preset_name: str, changes: Mapping[str, JsonValue], rows: int) -> Dials:
    """A preset for so many rows to learn from, with some dials turned.

    Raises:
        BadInput: no such preset or dial, or a value that it cannot take.
    """
    return turn(preset(preset_name).for_rows(rows), changes)


def turn(dials: Dials, changes: Mapping[str, JsonValue]) -> Dials:
    """Dials with some of them turned; text is converted to their types.

    Raises:
        BadInput: no such dial, or a value that it cannot take.
    """
    try:
        return Dials.model_validate({**dials.model_dump(), **changes})
    except ValidationError as error:
        refusal = first_refusal(error)
        known = Dials.model_fields.get(refusal.field)
        step = f"{refusal.field}: {known.description}" if known else "Change one of them."
        if refusal.unknown:
            step = f"Choose among {', '.join(Dials.model_fields)}."
        raise BadInput("dials of a fine-tune", str(refusal), step) from None

"""From what a user chose to a spec: everything is checked here, so that a job never starts on something that cannot work."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, JsonValue, ValidationError

from core import models, tasks
from core.errors import BadInput
from core.metrics.entities import kind_of
from core.refusal import first_refusal
from core.schema import PredictSpec, Role
from core.settings import Settings
from core.tables import Table
from core.tasks import Task
from core.workspaces import LOCAL

LIBRARIES = ("sheetformer", "torch", "transformers", "tokenizers", "peft", "safetensors", "openvino")
PRECISIONS = ("auto", "fp32", "bf16", "int8")
SHOWN = 12


def make_spec(
    settings: Settings,
    table: Table,
    *,
    task: str,
    model: str,
    roles: Mapping[Role | str, str],
    options: Mapping[str, JsonValue] | None = None,
    label_map: Mapping[str, str] | None = None,
    precision: str = "auto",
    limit: int | None = None,
    out: Path | None = None,
    owner: str = LOCAL,
) -> PredictSpec:
    """Checks the choices for a run and puts them into a spec.

    Args:
        options: the task's own options; text is converted to their types.
        owner: workspace whose adapters can be chosen.

    Raises:
        BadInput: something does not fit; the message names what would.
    """
    chosen = tasks.get(task)
    checked_options = check_options(chosen, with_noted(settings, model, owner, task, roles, options or {}))
    checked_roles = check_roles(chosen, roles, checked_options, list(table.columns))
    for content in chosen.content(checked_roles, checked_options):
        check_column(content.column, content.name, list(table.columns))
    files = _checked_model(settings, task, model, owner)
    if precision not in PRECISIONS:
        raise BadInput(f"precision {', '.join(PRECISIONS)}", repr(precision), "Choose one of these.")
    if limit is not None and limit < 1:
        raise BadInput("a limit of at least 1 row", str(limit), "Leave it out to score every row.")
    return PredictSpec(
        versions=library_versions(),
        task=chosen.name,
        table=table.source,
        roles=checked_roles,
        model=files.reference,
        revision=files.revision,
        options=checked_options.model_dump(mode="json", exclude_defaults=True),
        label_map=check_label_map(dict(label_map or {}), checked_roles, chosen.labels(files.labels, checked_options)),
        precision=precision,
        limit=limit,
        out=out,
    )


def _checked_model(settings: Settings, task: str, model: str, owner: str) -> models.ModelFiles:
    """Files of a model that is for the task, as far as they tell."""
    files = models.foresee(settings, model, owner)
    if files.tasks and task not in files.tasks:
        found = f"{model}, which is for {', '.join(files.tasks)}"
        raise BadInput(f"a model for {task}", found, "Choose another model, or the task that it was made for.")
    return files


def check_roles(task: Task, roles: Mapping[Role | str, str], options: BaseModel, columns: list[str]) -> dict[Role, str]:
    """The roles that the task knows, each with a column of the table, in the task's order.

    Raises:
        BadInput: an unknown role, a missing one, or a column that is not there.
    """
    given = {str(role): column for role, column in roles.items() if column}
    known = {str(use.role) for use in task.roles}
    for role in given:
        if role not in known:
            raise BadInput(f"a role of {task.name} ({', '.join(sorted(known))})", repr(role), "Leave it out.")
    for use in task.roles:
        if use.needed(options) and use.role not in given and use.instead not in given:
            instead = f" Or set the option {use.unless}." if use.unless else f" Or name one for {use.instead}." if use.instead else ""
            raise BadInput(f"a column for the role {use.role}", f"columns {listed(columns)}", f"Name the column: {use.help}{instead}")
    for role, column in given.items():
        check_column(column, f"the role {role}", columns)
    return {use.role: given[use.role] for use in task.roles if use.role in given}


def with_noted(
    settings: Settings,
    model: str,
    owner: str,
    task: str,
    roles: Mapping[Role | str, str],
    options: Mapping[str, JsonValue],
    *,
    fetch: bool = True,
) -> dict[str, JsonValue]:
    """The options, and before them those that a model of this machine was tuned with; a prompt column speaks for itself.

    Args:
        fetch: the base of an adapter may be downloaded; without, it has to be here.
    """
    if not models.notes_options(task) or not model.startswith(("adapter:", "local:")):
        return dict(options)
    noted = models.noted_options(models.resolve(settings, model, owner, fetch=fetch), task)
    prompted = any(str(role) == Role.PROMPT and column for role, column in roles.items())
    return {**{name: value for name, value in noted.items() if not (prompted and name == "prompt_template")}, **options}


def check_column(column: str, purpose: str, columns: list[str]) -> None:
    """Raises BadInput where a table has no column of this name."""
    if column not in columns:
        raise BadInput(f"a column of the table for {purpose}", repr(column), _close(column, columns))


def check_options(task: Task, options: Mapping[str, JsonValue]) -> BaseModel:
    """The task's options as its own type.

    Raises:
        BadInput: an option that the task does not have, or a value that it cannot take.
    """
    try:
        return task.Options.model_validate(dict(options))
    except ValidationError as error:
        refusal, fields = first_refusal(error), task.Options.model_fields
        known = fields.get(refusal.field)
        step = f"{refusal.field}: {known.description}" if known else _close(refusal.field, list(fields))
        raise BadInput(f"options of {task.name} ({', '.join(fields)})", str(refusal), step) from None


def check_label_map(label_map: dict[str, str], roles: Mapping[Role, str], labels: tuple[str, ...]) -> dict[str, str]:
    """The map from the user's values to the model's labels, with the labels as the model writes them.

    Raises:
        BadInput: there is no label column, or a target is no label of the model.
    """
    if label_map and Role.LABEL not in roles and Role.TAGS not in roles:
        raise BadInput("a label column to map", "none", "Name the column with your own labels, or leave the map out.")
    if Role.TAGS in roles:  # a type of entities stands for its labels: PER for B-PER and I-PER
        labels = tuple(dict.fromkeys([*filter(None, map(kind_of, labels)), *labels]))
    spelled = {label.strip().casefold(): label for label in labels}
    for value, target in label_map.items():
        if labels and target.strip().casefold() not in spelled:
            raise BadInput(f"a label of the model ({listed(list(labels))})", f"{value} mapped to {target!r}", _close(target, list(labels)))
    return {value: spelled.get(target.strip().casefold(), target) for value, target in label_map.items()}


def library_versions() -> dict[str, str]:
    """Versions of what decides a result, read from the installed packages' metadata; nothing is imported."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def listed(names: list[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _close(name: str, names: list[str]) -> str:
    folded = {candidate.casefold(): candidate for candidate in names}
    close = [folded[match] for match in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    return f"Did you mean {' or '.join(close)}?" if close else f"Choose one of {listed(names)}."

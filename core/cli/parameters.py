"""Parameters that several commands share: roles, import choices, ``--set``."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from core.errors import BadInput
from core.schema import ImportChoices, Role

ROLES_PANEL = "Roles: which column is what"
LITERALS_PANEL = "Texts in the place of a column"
TEXT_LITERALS = {
    "question_text": "question-answering: one question for every row.",
    "prompt_template": "text-generation: a prompt with {{column}} where a cell should stand.",
    "labels": "zero-shot-classification: your labels, with commas between them.",
}
"""Options of tasks that have a flag of their own, since a first use needs them."""

ROLE_HELP = {
    Role.TEXT: "Column with the text.",
    Role.TEXT_PAIR: "Column with the second text of a pair.",
    Role.QUESTION: "Column with the question.",
    Role.CONTEXT: "Column with the text that the answer stands in.",
    Role.ANSWER: "Column with your own answer.",
    Role.TOKENS: "Column with lists of words, or one word a row.",
    Role.TAGS: "Column with a tag for each word.",
    Role.PROMPT: "Column with whole prompts.",
    Role.TARGET: "Column with the text that should be written.",
    Role.LABEL: "Column with your own label.",
    Role.GROUP: "Column whose equal values belong together.",
    Role.TIME: "Column with the time of a row.",
    Role.ID: "Column with the row's name.",
}

IMPORT_PANEL = "Import: how the file is read"
LITERALS = frozenset({"extra_cells", "broken_bytes", "bad_lines"})
"""Choices among a few words: pydantic says which, so that every surface refuses in the same sentence."""


def with_roles(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ``--text``, ``--text-pair`` and so on to a command and hands them over as ``roles``."""
    options = {role.value: (str | None, typer.Option(help=ROLE_HELP[role], rich_help_panel=ROLES_PANEL)) for role in Role}
    return _with_options(command, "roles", options, lambda given: {Role(name): column for name, column in given.items()})


def with_import_choices(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ``--sheet``, ``--header`` and so on to a command and hands them over as ``choices``."""
    fields = ImportChoices.model_fields
    options = {}
    for name in fields:
        kind = str | None if name in LITERALS else fields[name].annotation
        options[name] = (
            bool if kind is bool else kind,
            typer.Option(help=fields[name].description, rich_help_panel=IMPORT_PANEL),
        )
    return _with_options(command, "choices", options, lambda given: ImportChoices(**given))


def with_literals(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ``--question-text`` and the other texts that stand in the place of a column, and hands them over as ``literals``."""
    options = {name: (str | None, typer.Option(help=text, rich_help_panel=LITERALS_PANEL)) for name, text in TEXT_LITERALS.items()}
    return _with_options(command, "literals", options, dict)


def parse_settings(pairs: Iterable[str], flag: str = "--set") -> dict[str, Any]:
    """``["threshold=0.3", "logits=true"]`` as a dict; values are JSON where they can be, else text.

    Raises:
        BadInput: a pair has no ``=``.
    """
    values: dict[str, Any] = {}
    for name, text in parse_texts(pairs, flag).items():
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values


def parse_texts(pairs: Iterable[str], flag: str) -> dict[str, str]:
    """``["rank=8, 16"]`` as a dict of texts.

    Raises:
        BadInput: a pair has no ``=``.
    """
    values = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip():
            raise BadInput(f"{flag} name=value", repr(pair), f"Write it as {flag} name=value.")
        values[name.strip()] = text
    return values


def parse_label_map(pairs: Iterable[str]) -> dict[str, str]:
    """``["5=positive"]`` as a dict of texts; the last ``=`` parts the two, since a value may hold one."""
    label_map = {}
    for pair in pairs:
        value, equals, label = pair.rpartition("=")
        if not equals or not label:
            raise BadInput("--map-label value=label", repr(pair), "Write it as --map-label value=label.")
        label_map[value] = label
    return label_map


def _with_options(
    command: Callable[..., Any], target: str, options: dict[str, tuple[Any, Any]], collect: Callable[[dict[str, Any]], Any]
) -> Callable[..., Any]:
    """Replaces the parameter ``target`` by one option each; typer reads them from the signature."""

    @functools.wraps(command)
    def wrapper(**arguments: Any) -> Any:
        given = {name: value for name in options if (value := arguments.pop(name)) is not None and value is not False}
        return command(**arguments, **{target: collect(given)})

    signature = inspect.signature(command, eval_str=True)
    kept = [parameter for name, parameter in signature.parameters.items() if name != target]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False if kind is bool else None, annotation=Annotated[kind, option])
        for name, (kind, option) in options.items()
    ]
    wrapper.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in kept] + added
    )
    wrapper.__annotations__ = {p.name: p.annotation for p in wrapper.__signature__.parameters.values()}
    del wrapper.__wrapped__
    return wrapper

"""The command that equals a spec."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from pydantic import JsonValue

from core.schema import ImportChoices, PredictSpec

LITERALS = frozenset({"question_text", "prompt_template", "labels"})
"""Options that have a flag of their own on the command line."""


def command_line(spec: PredictSpec, file_name: str) -> str:
    """``python -m core predict ...`` with every choice of the spec, quoted for a POSIX shell.

    Args:
        file_name: what stands for the user's file; a page knows only its name.
    """
    words = ["python", "-m", "core", "predict", positional(file_name), "--task", spec.task, "--model", spec.model]
    words += import_flags(spec.table.choices)
    for role, column in spec.roles.items():
        words += option(flag(role), column)
    words += option_flags(spec.options)
    for value, label in spec.label_map.items():
        words += option("--map-label", f"{value}={label}")
    if spec.precision != "auto":
        words += ["--precision", spec.precision]
    if spec.limit is not None:
        words += ["--limit", str(spec.limit)]
    if spec.out is not None:
        words += option("--out", str(spec.out))
    return shlex.join(words)


def import_flags(choices: ImportChoices) -> list[str]:
    """Without them the file may be read as another table, which lacks the columns that follow."""
    words = []
    for name, value in choices.model_dump(exclude_defaults=True).items():
        words += [flag(name)] if value is True else option(flag(name), str(value))
    return words


def option_flags(options: Mapping[str, JsonValue]) -> list[str]:
    """Options of the task: some have flags of their own."""
    words = []
    for name, value in options.items():
        words += option(flag(name), plain(value)) if name in LITERALS else ["--set", f"{name}={plain(value)}"]
    return words


def flag(name: str) -> str:
    """``--text-pair`` for ``text_pair``."""
    return f"--{name.replace('_', '-')}"


def positional(name: str) -> str:
    """A file whose name begins with a dash must not be read as an option."""
    return f"./{name}" if name.startswith("-") else name


def option(name: str, value: str) -> list[str]:
    """An option whose value begins with a dash is written as one word."""
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def plain(value: JsonValue) -> str:
    """A value as ``--set`` reads it."""
    if isinstance(value, list) and all(isinstance(name, str) and "," not in name for name in value):
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

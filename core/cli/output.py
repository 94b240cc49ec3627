"""Two ways to answer: lines for people, or one JSON value as the last line of standard output for scripts."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from core.errors import printable

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value on the last line of standard output, and nothing else there.")]


def print_json(value: Any) -> None:
    """One line, whatever the texts in it hold: ASCII escapes keep line and terminal controls out."""
    typer.echo(json.dumps(value, ensure_ascii=True, default=str))


def print_line(text: str) -> None:
    typer.echo(printable(text))


def print_note(text: str) -> None:
    """For people only: goes to standard error, so that a script never has to filter it."""
    typer.echo(printable(text), err=True)

"""``models``: what can be chosen, and local folders registered under a name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core import models
from core.cli.output import AsJson, print_json, print_line
from core.models.local import check_root
from core.schema import ModelReference
from core.settings import MEGABYTE, Settings
from core.workspaces import LOCAL

app = typer.Typer(help="List and register models.", no_args_is_help=True)


@app.command("list")
def list_models(
    task: Annotated[str | None, typer.Option(help="Only models for this task.")] = None,
    as_json: AsJson = False,
) -> None:
    """Models that can be chosen: embedded, adapters, local, and well-known ones of the Hub."""
    entries = models.list_models(Settings(), task, LOCAL)
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in entries])
        return
    for entry in entries:
        size = f"{entry.size_bytes / MEGABYTE:,.0f} MB" if entry.size_bytes else "size unknown"
        print_line(f"{entry.reference}  {entry.title}, {', '.join(entry.tasks)}, {'needs the Hub: ' if entry.needs_hub else ''}{size}")


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Model folder under one of SHEETFORMER_MODEL_ROOTS.")],
    name: Annotated[str, typer.Option(help="Name by which it is chosen: local:NAME.")],
    as_json: AsJson = False,
) -> None:
    """Register a model folder."""
    settings = Settings()
    check_tokenizer(settings, folder, name)
    entry = models.add_local(settings, folder, name)
    if as_json:
        print_json(entry.model_dump(mode="json"))
    else:
        print_line(f"{entry.reference} registered for {', '.join(entry.tasks)}")


def check_tokenizer(settings: Settings, folder: Path, name: str) -> None:
    """Loads the tokenizer once, so that a folder without its files or with a broken config is refused here and not by every run.

    Raises:
        BadInput: as :func:`core.models.add_local` and :func:`core.models.load_tokenizer`.
    """
    reference, place = str(ModelReference.parse(f"local:{name}")), check_root(settings, folder)
    models.check_folder(settings, place)  # before any library looks at it
    models.load_tokenizer(models.ModelFiles(reference, "", place, None, (), ()))

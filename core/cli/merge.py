"""``merge``: an adapter and its base as one model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core import models
from core.cli.output import AsJson, print_json, print_line, print_note
from core.inference.memory import check_fits
from core.settings import MEGABYTE, Settings
from core.workspaces import LOCAL

LABELLED = {"text-classification", "token-classification"}  # outputs of any other model have no names that mean something


def merge(
    name: Annotated[str, typer.Argument(help="An adapter: NAME, adapter:NAME or embedded:NAME.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the whole model; it must be new or empty.")],
    as_json: AsJson = False,
) -> None:
    """Write an adapter merged into its base: a whole model that needs no peft and that `models add` registers."""
    settings = Settings()
    models.check_free_folder(out)
    files = models.resolve(settings, name if ":" in name or "/" in name else f"adapter:{name}", LOCAL)
    check_fits(settings, files, "fp32")
    if not as_json:
        print_note(f"Merging {files.reference}")
    models.write_whole(files, out)
    size = sum(path.stat().st_size for path in out.glob("*.safetensors"))
    if as_json:
        labels = files.labels if LABELLED & {*files.tasks} else ()
        print_json({"reference": files.reference, "out": str(out.absolute()), "tasks": files.tasks, "labels": labels, "size_bytes": size})
    else:
        print_line(f"{files.reference} merged into {out}, {size / MEGABYTE:,.0f} MB. Register it with: models add {out} --name NAME")

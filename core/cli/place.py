"""``place``: what this machine and its host can and cannot do."""

from __future__ import annotations

from typing import Annotated

import typer

from core import place as places
from core.cli.output import AsJson, print_json, print_line
from core.settings import Settings


def place(
    ask_hub: Annotated[bool, typer.Option("--hub", help="Ask the Hub for a sign of life too.")] = False,
    as_json: AsJson = False,
) -> None:
    """What this place can and cannot do: memory, disk, processor, GPU, jobs, limits, versions."""
    found = places.describe(Settings(), shared=True, asked=ask_hub)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    for fact in found.facts:
        print_line(f"{fact.subject}: {fact.found}. {fact.meaning}")

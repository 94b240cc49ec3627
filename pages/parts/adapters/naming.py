"""A name for an adapter that is about to be made, and what became of the name that one should have."""

from __future__ import annotations

import re
from contextlib import suppress

from core import jobs, models
from core.errors import SheetformerError
from core.runs import RunFolder, open_run
from core.schema import ACTIVE_STATES, FinetuneSpec, Spec, base_of
from core.schema.models import NAME
from pages.parts import links
from pages.parts.visit import Visit

LONGEST = 40
_DOTS, _DASHES = re.compile(r"\.{2,}"), re.compile(r"-{2,}")


def proposed(visit: Visit, text: str, otherwise: str) -> str:
    """A free name made of a table's or a file's, without what a name cannot hold. Jobs that have not ended keep theirs.

    Args:
        otherwise: where nothing is left of it.
    """
    letters = "".join(letter if NAME.fullmatch(f"a{letter}") else "-" for letter in text)
    short = _DASHES.sub("-", _DOTS.sub(".", letters))[:LONGEST]  # a name of the Hub holds neither twice
    return models.free_name(visit.settings, visit.workspace, short.strip("-._").lower() or otherwise, promised(visit))


def promised(visit: Visit) -> set[str]:
    """The names that fine-tunes and searches under way will give to what they make."""
    names = set()
    for job in jobs.list_jobs(visit.settings, owner=visit.workspace):
        if job.kind in links.TUNES and job.state in ACTIVE_STATES:
            with suppress(SheetformerError):  # a damaged run, or one deleted between two looks
                names.add(_asked(open_run(visit.settings, job.id).spec()))
    return names


def is_promised(visit: Visit, name: str) -> bool:
    """Whether a job under way would find this name taken. Capitals make no other name."""
    return name.casefold() in {other.casefold() for other in promised(visit)}


def renamed(run: RunFolder) -> str:
    """A sentence where what a fine-tune made has another name than was asked for; empty otherwise."""
    asked, name = _asked(run.spec()), run.choices().get("adapter", "").partition(":")[2]
    return f"It was to be called {asked}: that name was taken meanwhile, so it is {name}." if name and name != asked else ""


def _asked(spec: Spec) -> str:
    """The name that a fine-tune or a search is to give."""
    one = base_of(spec)
    return one.name if isinstance(one, FinetuneSpec) else ""

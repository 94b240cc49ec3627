"""Kind of a job to the function that does it, by name: nothing is imported before it is needed."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from core.errors import RunFailed
from core.runs import Outcome, RunContext

KINDS = {
    "predict": "core.inference.run:run",
    "finetune": "core.training.run:run",
    "search": "core.training.search.job:run",
    "demo": "core.demos.run:run",
    "rehearsal": "core.worker.rehearsal:run",
}


def modules() -> list[str]:
    """The modules of all kinds, which the parent for quick starts imports in advance."""
    return [name.partition(":")[0] for name in KINDS.values()]


def function_of(kind: str) -> Callable[[RunContext], Outcome]:
    """The function of a kind.

    Raises:
        RunFailed: this version knows no such kind.
    """
    if kind not in KINDS:
        raise RunFailed(f"a kind of job among {', '.join(KINDS)}", repr(kind), "Use the version that the job was made with.")
    module, _, name = KINDS[kind].partition(":")
    return getattr(importlib.import_module(module), name)

"""What makes a comparison say less than it seems to."""

from __future__ import annotations

from collections.abc import Sequence

from core import models
from core.comparison.best_trial import search_note
from core.errors import SheetformerError
from core.runs import RunFolder, open_run
from core.schema import FinetuneSpec, ModelReference, PredictSpec
from core.settings import Settings

ADAPTER = "adapter:"


def caveats(settings: Settings, runs: Sequence[RunFolder]) -> list[str]:
    """Sentences on models that were tuned on rows of the very table that they were measured on, and on searches."""
    said = [note for run in runs if (note := search_note(run))]
    for run in runs:
        spec = run.spec()
        if isinstance(spec, PredictSpec) and spec.table.id in _learned_from(settings, run.owner(), spec.model):
            said.append(f"{spec.model} was tuned on rows of {spec.table.name}: it has seen their labels, so its figures on it flatter.")
    return list(dict.fromkeys(said))


def _learned_from(settings: Settings, owner: str, model: str) -> tuple[str, ...]:
    """SHA-256 of the table that an adapter of this server learned from; nothing where that is not known any more."""
    if not model.startswith(ADAPTER):
        return ()
    try:
        folder = models.own_adapter_folder(settings, owner, ModelReference.parse(model))
        maker = models.adapter_facts(settings, folder).run
        spec = open_run(settings, maker).spec() if maker else None
    except SheetformerError:  # deleted, or replaced by another one: nobody knows its rows
        return ()
    return (spec.table.id,) if isinstance(spec, FinetuneSpec) else ()

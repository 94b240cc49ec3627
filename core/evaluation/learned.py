"""Which table a model was tuned on, where this server knows it: figures on its own rows flatter."""

from __future__ import annotations

from core import models
from core.errors import SheetformerError
from core.runs import open_run
from core.schema import FinetuneSpec, ModelReference, finetune_of
from core.settings import Settings

ADAPTER = "adapter:"


def learned_from(settings: Settings, owner: str, model: str) -> tuple[str, ...] | None:
    """SHA-256 of the tables that an adapter of this server learned from; ``None`` where that is not known."""
    spec = maker_of(settings, owner, model)
    return (spec.table.id,) if spec is not None else None


def maker_of(settings: Settings, owner: str, model: str) -> FinetuneSpec | None:
    """The fine-tune, or a search's base, that made an adapter of this server; ``None`` where that is not known."""
    if not model.startswith(ADAPTER):
        return None
    try:
        folder = models.own_adapter_folder(settings, owner, ModelReference.parse(model))
        maker = models.adapter_facts(settings, folder).run
        return finetune_of(open_run(settings, maker).spec()) if maker else None
    except SheetformerError:  # deleted, or replaced by another one: nobody knows its rows
        return None

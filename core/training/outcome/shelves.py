"""Where what a fine-tune makes is kept: an adapter among the adapters, a whole model among the models of its workspace."""

from __future__ import annotations

from core.models import ADAPTERS, OWN_MODELS, local_names
from core.models.shelf import Shelf
from core.schema import FinetuneSpec
from core.settings import Settings


def shelf_of(spec: FinetuneSpec) -> Shelf:
    """The shelf for what the spec makes."""
    return ADAPTERS if spec.dials.method == "lora" else OWN_MODELS


def free_name(settings: Settings, spec: FinetuneSpec, owner: str) -> str:
    """The name that the spec asks for, or where it is taken a free one like it."""
    shelf = shelf_of(spec)
    others = local_names(settings, owner) if shelf is OWN_MODELS else ()
    return shelf.free_name(settings, owner, spec.name, others)

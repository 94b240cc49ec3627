"""Which part shows the logits of which task."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from core.schema import LookSpec
from pages.parts import logits_answers, logits_entities, logits_labels
from pages.parts.visit import Visit

VIEWS: MappingProxyType[str, Callable[[Visit, LookSpec], None]] = MappingProxyType(
    {
        "text-classification": logits_labels.show,
        "token-classification": logits_entities.show,
        "question-answering": logits_answers.show,
    }
)
"""Task name to the part that draws its answer."""

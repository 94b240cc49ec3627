"""Which part shows the logits of which task."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from core.schema import LookSpec
from pages.parts.logits import answers, causal, entities, labels, masks, steps
from pages.parts.visit import Visit

VIEWS: MappingProxyType[str, Callable[[Visit, LookSpec], None]] = MappingProxyType(
    {
        "text-classification": labels.show,
        "token-classification": entities.show,
        "question-answering": answers.show,
        "fill-mask": masks.show,
        "text-generation": causal.show,
        "text2text-generation": steps.show,
        "summarization": steps.show,
        "translation": steps.show,
    }
)
"""Task name to the part that draws its answer."""

"""Which part holds two answers of which task against each other."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from pages.parts.logits.against import answers, causal, entities, labels, masks, steps
from pages.parts.logits.against.two import Two
from pages.parts.visit import Visit

AGAINST: MappingProxyType[str, Callable[[Visit, Two], None]] = MappingProxyType(
    {
        "text-classification": labels.show,
        "zero-shot-classification": labels.show,
        "feature-extraction": labels.show,
        "token-classification": entities.show,
        "question-answering": answers.show,
        "fill-mask": masks.show,
        "text-generation": causal.show,
        "text2text-generation": steps.show,
        "summarization": steps.show,
        "translation": steps.show,
    }
)
"""Task name to the part that compares."""

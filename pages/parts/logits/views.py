"""Which part shows the answer of which task, and beside it another model and several texts."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from core.schema import LookSpec
from pages.parts.logits import answers, causal, entities, labels, masks, others, steps, texts
from pages.parts.tabs import tabs
from pages.parts.visit import Visit

VIEWS: MappingProxyType[str, tuple[str, Callable[[Visit, LookSpec], None]]] = MappingProxyType(
    {
        "text-classification": ("Labels", labels.show),
        "zero-shot-classification": ("Labels", labels.show),
        "feature-extraction": ("Similarity", labels.show),
        "token-classification": ("Entities", entities.show),
        "question-answering": ("Answer", answers.show),
        "fill-mask": ("Gaps", masks.show),
        "text-generation": ("Tokens", causal.show),
        "text2text-generation": ("Steps", steps.show),
        "summarization": ("Steps", steps.show),
        "translation": ("Steps", steps.show),
    }
)
"""Task name to what its answer is called and the part that draws it."""

OTHER, SEVERAL = "Another model", "Several texts"


def show(visit: Visit, look: LookSpec) -> None:
    """The answer first; another model and several texts on shelves of their own."""
    name, answer = VIEWS[look.task]
    shelves = tabs([name, OTHER, SEVERAL], key="logits-tab", parameter="tab")
    for shelf, part in ((name, answer), (OTHER, others.show), (SEVERAL, texts.show)):
        if shelves[shelf].open:
            with shelves[shelf]:
                part(visit, look)

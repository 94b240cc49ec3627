"""Two looks whose answers are held against each other: one text under two models, or a text before and after an edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.schema import LookSpec
from pages.parts.logits import looking
from pages.parts.visit import Visit

MOVED, MODELS = "moved", "two-models"


@dataclass(frozen=True)
class Two:
    """A pair of looks.

    Args:
        looks: the first one is what the page looks at.
        names: what stands above the numbers of each: before and after, or the models.
        kind: ``MOVED`` where the text was changed, else ``MODELS``; downloads and charts are named by it.
    """

    looks: tuple[LookSpec, LookSpec]
    names: tuple[str, str]
    kind: str

    @property
    def moved(self) -> bool:
        """Whether one model read two texts."""
        return self.kind == MOVED

    def ask(self, visit: Visit, view: str, **arguments: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The numbers of both.

        Raises:
            SheetformerError: as :func:`pages.parts.logits.looking.ask`.
        """
        one, other = (looking.ask(visit, view, look, **arguments) for look in self.looks)
        return one, other


def edited(look: LookSpec, cells: dict[str, str]) -> Two:
    """A look, and the same with other texts."""
    return Two((look, look.model_copy(update={"cells": cells})), ("before", "after"), MOVED)


def under(look: LookSpec, other: LookSpec) -> Two:
    """A look, and the same under another model."""
    names = look.model.rpartition(":")[2].partition("@")[0], other.model.rpartition(":")[2].partition("@")[0]
    return Two((look, other), names if names[0] != names[1] else (look.model, other.model), MODELS)

"""The face of a method that gives each unit of a text its share of a number."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from core.errors import LimitReached
from core.inspect.attribution.asking import SHORTER, Asker, Baseline
from core.settings import Settings


class Choices(BaseModel):
    """What a user may choose for a method; each reads its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(3, ge=1, le=50, description="Units of a span that is hidden at once.")
    orders: int = Field(20, ge=2, le=10_000, description="Random orders in which units are added to the text; half of them mirrored.")
    baseline: Baseline | None = Field(None, description="What an embedding without information is; the usual one of the model where empty.")
    seed: int = Field(0, ge=0, lt=2**32)


@dataclass(frozen=True)
class Limits:
    """How far a method may go.

    Args:
        passes: most forward passes.
        steps: most points at which integrated gradients looks.
    """

    passes: int
    steps: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(settings.attribution_passes, settings.attribution_steps)


@dataclass(frozen=True)
class Cost:
    """Passes that a method takes: one for each text that goes through the model. ``most`` is more where it depends on the answers."""

    forward: int
    backward: int = 0
    most: int = 0

    @property
    def words(self) -> str:
        """``about 25 forward passes``."""
        if not self.backward:
            return f"about {self.forward:,} forward passes"
        if self.most > self.forward:
            return f"about {self.forward:,} forward and as many backward passes at least, {self.most:,} at most"
        return f"about {self.forward:,} forward passes and {self.backward:,} backward"


@dataclass(frozen=True)
class Attributed:
    """What a method found.

    Args:
        values: of each unit, float64 ``[units]``: above 0 where it raised the number.
        whole: the number with every unit.
        without: the number without any, ``None`` where the method does not ask.
        errors: standard error of each value, ``None`` where nothing is sampled or too little to say.
        completeness: how far the values' sum is from ``whole - without``, as a part of that; ``None`` for methods that do not promise it.
        effort: how much was done, in words.
        notes: what a reader should know of this result.
    """

    values: np.ndarray
    whole: float
    without: float | None = None
    errors: np.ndarray | None = None
    completeness: float | None = None
    effort: str = ""
    notes: tuple[str, ...] = field(default=())


class Method(ABC):
    """A way of attribution: a name that is known in the field, the paper it is from, and what it costs."""

    name: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str]
    url: ClassVar[str]
    idea: ClassVar[str]
    cost_words: ClassVar[str]
    gradients: ClassVar[bool] = False

    @abstractmethod
    def cost(self, units: int, choices: Choices, limits: Limits) -> Cost:
        """Passes for a text of so many units."""

    @abstractmethod
    def attribute(self, asker: Asker, choices: Choices, limits: Limits) -> Attributed:
        """The share of each unit.

        Raises:
            LimitReached: the passes or the time do not suffice.
            BadInput: the model lacks what the method needs.
        """

    def check(self, units: int, choices: Choices, limits: Limits) -> None:
        """Refuses what would take more passes than the limit, before the first one.

        Raises:
            LimitReached: as said.
        """
        needed = self.cost(units, choices, limits).forward
        if needed > limits.passes:
            raise LimitReached(f"at most {limits.passes:,} forward passes (attribution_passes)", f"{needed:,} for {units:,} units", SHORTER)

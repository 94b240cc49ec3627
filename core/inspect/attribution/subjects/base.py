"""The face of a task whose answers can be explained: which numbers there are, and what the model reads for each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.errors import BadInput
from core.inference.loading import Loaded
from core.inspect.attribution.reading import Reading
from core.inspect.attribution.scalars import Scalar
from core.schema import LookSpec
from core.tasks import Encoded

LOGIT, LOG_PROBABILITY = "logit", "log-probability"


class Target(BaseModel):
    """Something that can be explained.

    Args:
        id: by which it is asked for; it holds for one row and model.
        title: in words; what the user's text or a model's label says stands in it.
        scalars: numbers that say it, the usual one first.
        value: how likely the model holds it, or the number itself; ``None`` where that takes a pass of its own.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    scalars: tuple[str, ...]
    value: float | None = None


class Asked(NamedTuple):
    """A number to explain, and the reading that it is read off."""

    reading: Reading
    scalar: Scalar


class Subject(ABC):
    """One row under one task and model."""

    tasks: ClassVar[tuple[str, ...]]

    def __init__(self, loaded: Loaded, look: LookSpec) -> None:
        self.loaded, self.look = loaded, look
        self.model, self.network, self.tokenizer = loaded.model, loaded.model.network, loaded.model.tokenizer

    @abstractmethod
    def targets(self) -> list[Target]:
        """What can be explained, the model's own answer first."""

    @abstractmethod
    def ask(self, target: Target, scalar: str) -> Asked:
        """The number behind a target.

        Args:
            target: one of :meth:`targets`.
            scalar: one of the target's.
        """

    @cached_property
    def encoded(self) -> Encoded:
        """The row as its task encodes it.

        Raises:
            BadInput: the task refuses the row.
        """
        encoded = self.loaded.task.encode(self.model, {name: [text] for name, text in self.look.cells.items()})
        if encoded.refused:
            raise BadInput("a text that the task can read", encoded.refused[0], "Change the text, or choose another model.")
        return encoded

    def batch(self, item: int = 0) -> dict[str, np.ndarray]:
        """The arguments of the model for one item."""
        inputs = self.encoded.batch(np.array([item]))
        return {name: values for name, values in inputs.items() if not self.model.accepted or name in self.model.accepted}

    def shown(self, token: int) -> str:
        """A token as text."""
        return self.tokenizer.decode([int(token)], clean_up_tokenization_spaces=False)

    def cell(self, name: str) -> str:
        """A text of the row.

        Raises:
            BadInput: it is missing or blank.
        """
        text = self.look.cells.get(name, "")
        if not text.strip():
            raise BadInput(f"a text named {name}", "none", "Write it into its field.")
        return text

    def vocabulary(self) -> int:
        """Numbers that the head gives for each token."""
        weights: Any = self.network.get_output_embeddings()
        return int(weights.weight.shape[0]) if weights is not None else len(self.tokenizer)

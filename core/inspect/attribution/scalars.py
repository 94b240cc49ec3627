"""The face of a number that can be explained, and what it is computed from: texts on their way through the model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

VOCABULARY = 32_768
"""Logits of so many words fit a batch of the usual size; a larger vocabulary gets smaller batches."""


@dataclass(frozen=True)
class Batch:
    """Texts with some units hidden, ready for the model.

    Args:
        inputs: arguments of the model, tensors ``[items, tokens, ...]`` on its device: ``input_ids`` or ``inputs_embeds``, and others.
        lengths: tokens of each item, int64 ``[items]``; what follows them is padding.
        kept: int64 ``[items, tokens]``: the place that each token has when nothing is hidden, negative for padding.
    """

    inputs: dict[str, Any]
    lengths: Any
    kept: Any

    @property
    def items(self) -> int:
        return len(self.lengths)

    def at(self, place: int) -> Any:
        """Where the token that stands at ``place`` when nothing is hidden stands now, int64 ``[items]``."""
        return (self.kept == place).int().argmax(dim=1)

    @property
    def every(self) -> Any:
        """int64 ``[items]``: 0, 1, 2, ..."""
        import torch

        return torch.arange(self.items, device=self.lengths.device)


@dataclass(frozen=True)
class Scalar(ABC):
    """A number that a model gives for a text.

    Args:
        words: what it is, for a sentence such as "logit of positive".
        anchors: places of tokens that it is read at: where others are taken out, these are replaced.
    """

    words: str
    anchors: frozenset[int] = field(default=frozenset(), kw_only=True)

    @abstractmethod
    def of(self, network: Any, batch: Batch) -> Any:
        """The number for each item, float32 ``[items]``, with gradients where they are recorded."""

    def cost(self, tokens: int) -> int:
        """Tokens of the usual batch that an item of so many tokens takes."""
        return tokens


@dataclass(frozen=True)
class LabelScalar(Scalar):
    """A logit of a sequence classifier, or the logarithm of its score.

    Args:
        index: of the label.
        log: ``""`` for the logit, ``"softmax"`` or ``"sigmoid"`` for the logarithm of that function.
    """

    index: int = 0
    log: str = ""

    def of(self, network: Any, batch: Batch) -> Any:
        return logged(network(**batch.inputs).logits.float(), self.log)[:, self.index]


def logged(logits: Any, log: str) -> Any:
    """Logits as they are, or the logarithms of their softmax over the last axis or of their sigmoid."""
    import torch

    if log == "softmax":
        return torch.log_softmax(logits, dim=-1)
    return torch.nn.functional.logsigmoid(logits) if log == "sigmoid" else logits


def words_cost(tokens: int, vocabulary: int) -> int:
    """Tokens of the usual batch that logits over a vocabulary take."""
    return tokens * max(1, -(-vocabulary // VOCABULARY))

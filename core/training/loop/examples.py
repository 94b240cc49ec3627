"""Rows to learn from, tokenised, in the form in which a trainer takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.inference.score import MASK_IGNORED
from core.tasks import Encoded, Ragged, TaskModel

IGNORED = -100
"""The label of tokens that nothing is learned from, as torch's cross entropy has it."""


@dataclass(frozen=True)
class Examples:
    """Tokenised rows and what the model should say of them.

    Args:
        encoded: a row may have several items; each is an example.
        labels: for each item its targets, ``[items, ...]``, or a list of them of its own length, filled up with ``IGNORED``.
        accepted: arguments of the model; empty for all.
        equal_lengths: only examples of one length share a batch.
        more: further arguments of the model, made of a batch's labels.
        extra: what a judge needs besides.
        cost: padded tokens that each example takes in a batch that is measured, where these are more than it has; int64 ``[examples]``.
        most_tokens: of a batch that is measured, whatever the setting allows.
    """

    encoded: Encoded
    labels: np.ndarray | Ragged
    accepted: frozenset[str] = frozenset()
    equal_lengths: bool = False
    more: Callable[[Any], dict[str, Any]] | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    cost: np.ndarray | None = None
    most_tokens: int = 2**31

    def __len__(self) -> int:
        return len(self.encoded.row)

    def __getitem__(self, place: int) -> int:
        """The place itself: examples are put together batch by batch, see :meth:`batch`."""
        return place

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each example."""
        return self.encoded.lengths

    @property
    def costs(self) -> np.ndarray:
        """Padded tokens that each example takes in a batch that is measured."""
        return self.lengths if self.cost is None else self.cost

    def batch(self, places: list[int] | np.ndarray) -> dict[str, Any]:
        """Tensors of some examples, padded on the right to the longest, with ``labels``."""
        import torch

        items = np.asarray(places, np.int64)
        inputs = self.encoded.batch(items)
        tensors = {name: torch.from_numpy(values) for name, values in inputs.items() if not self.accepted or name in self.accepted}
        labels = torch.from_numpy(self._labels(items))
        return tensors | (self.more(labels) if self.more else {}) | {"labels": labels}

    def _labels(self, items: np.ndarray) -> np.ndarray:
        if isinstance(self.labels, np.ndarray):
            return self.labels[items]
        return self.labels.padded(items, IGNORED, int(self.labels.lengths[items].max(initial=0)))


def trained_apart(model: TaskModel, encoded: Encoded) -> bool:
    """Whether only examples of one length may share a batch: nothing to pad with, or a model that does not see the mask."""
    return not encoded.has_padding or model.network.config.model_type in MASK_IGNORED or "attention_mask" not in model.accepted

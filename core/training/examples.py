"""Rows to learn from, tokenised, in the form in which a trainer takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.tasks import Encoded


@dataclass(frozen=True)
class Examples:
    """Tokenised rows and what the model should say of them.

    Args:
        encoded: one item a row.
        targets: as in :class:`core.training.labels.Labels`, of these rows.
        left: padding goes before the text, for models that read the last token.
        accepted: arguments of the model; empty for all.
        equal_lengths: only rows of one length share a batch.
    """

    encoded: Encoded
    targets: np.ndarray
    left: bool = False
    accepted: frozenset[str] = frozenset()
    equal_lengths: bool = False

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, place: int) -> int:
        """The place itself: rows are put together batch by batch, see :meth:`batch`."""
        return place

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row."""
        return self.encoded.lengths

    def batch(self, places: list[int] | np.ndarray) -> dict[str, Any]:
        """Tensors of some rows, padded to the longest, with ``labels``."""
        import torch

        items = np.asarray(places, np.int64)
        inputs = self.encoded.batch(items, left=self.left)
        tensors = {name: torch.from_numpy(values) for name, values in inputs.items() if not self.accepted or name in self.accepted}
        return tensors | {"labels": torch.from_numpy(self.targets[items])}

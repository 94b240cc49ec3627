"""What a head says before it has looked at a text: how frequent each label is.

A head that begins with all labels alike spends its first steps on their frequencies, and where one of them is nearly all, as the words
outside of entities are, the adapter is pushed so hard meanwhile that it may never tell texts apart. Section 3.3 of
https://huggingface.co/papers/1708.02002 begins so, for the same reason.
"""

from __future__ import annotations

import numpy as np


def logits_of_one(counts: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Logits whose softmax is each label's share, float32 ``[labels]``.

    Args:
        counts: how often each label was seen.
        weights: of the labels in the loss. One is added to what they make of the counts, for labels that were never seen.
    """
    seen = counts * (1.0 if weights is None else weights) + 1.0
    return np.log(seen / seen.sum()).astype(np.float32)


def logits_of_several(counts: np.ndarray, rows: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Logits whose sigmoid is each label's share of the rows, float32 ``[labels]``.

    Args:
        counts: rows with each label; one is added to those with it and to those without.
        weights: of the rows with a label in the loss, against those without it.
    """
    seen = counts * (1.0 if weights is None else weights) + 1.0
    return np.log(seen / (rows - counts + 1.0)).astype(np.float32)

"""The plan of a training: which rows make up each batch, from the first step to the last."""

from __future__ import annotations

import numpy as np

JITTER = 0.05
"""Lengths are blurred by up to this part before rows are ordered by them, so that the same rows do not always meet."""


def plan_batches(lengths: np.ndarray, *, rows: int, epochs: float, seed: int) -> list[np.ndarray]:
    """Batches of rows of like length, for all epochs at once.

    A plan that is known from the beginning makes a resume exact: what was done is a number of batches.

    Args:
        lengths: tokens of each row.
        rows: rows in a batch; the last one of an epoch may have fewer.
        epochs: passes over the rows; a fraction ends within the last one.
        seed: of the order.

    Returns:
        Positions of the rows of each batch, int64; in each whole epoch every row once.
    """
    batches: list[np.ndarray] = []
    per_epoch = -(-len(lengths) // rows)
    wanted = max(1, round(epochs * per_epoch))
    epoch = 0
    while len(batches) < wanted:
        random = np.random.default_rng([seed, epoch])
        blurred = lengths * random.uniform(1 - JITTER, 1 + JITTER, len(lengths))
        order = np.lexsort((random.random(len(lengths)), blurred))
        cut = [order[begin : begin + rows] for begin in range(0, len(order), rows)]
        batches += [cut[place] for place in random.permutation(len(cut))]
        epoch += 1
    return batches[:wanted]

"""The plan of a training: which rows make up each batch, from the first step to the last."""

from __future__ import annotations

from itertools import count

import numpy as np

JITTER = 0.05
"""Lengths are blurred by up to this part before rows are ordered by them, so that the same rows do not always meet."""


def plan_batches(
    lengths: np.ndarray, *, rows: int, epochs: float, seed: int, most: int | None = None, equal_lengths: bool = False
) -> list[np.ndarray]:
    """Batches of rows of like length, for all epochs at once.

    A plan that is known from the beginning makes a resume exact: what was done is a number of batches.

    Args:
        lengths: tokens of each row.
        rows: rows in a batch; the last one of an epoch may have fewer.
        epochs: passes over the rows; a fraction ends within the last one.
        seed: of the order.
        most: batches in all, in the place of epochs.
        equal_lengths: only rows of one length share a batch, for models whose outputs depend on the padding.

    Returns:
        Positions of the rows of each batch, int64; in each whole epoch every row once.
    """
    batches: list[np.ndarray] = []
    wanted = most or max(1, round(epochs * batches_per_epoch(lengths, rows=rows, equal_lengths=equal_lengths)))
    for epoch in count():
        random = np.random.default_rng([seed, epoch])
        cut = _of_one_length(lengths, rows, random) if equal_lengths else _of_like_length(lengths, rows, random)
        batches += [cut[place] for place in random.permutation(len(cut))]
        if len(batches) >= wanted:
            return batches[:wanted]
    raise AssertionError  # an endless count has no end


def batches_per_epoch(lengths: np.ndarray, *, rows: int, equal_lengths: bool = False) -> int:
    """How many batches hold every row once."""
    sizes = np.unique(lengths, return_counts=True)[1] if equal_lengths else np.array([len(lengths)])
    return int(-(-sizes // rows).sum())


def _of_like_length(lengths: np.ndarray, rows: int, random: np.random.Generator) -> list[np.ndarray]:
    blurred = lengths * random.uniform(1 - JITTER, 1 + JITTER, len(lengths))
    order = np.lexsort((random.random(len(lengths)), blurred))
    return [order[begin : begin + rows] for begin in range(0, len(order), rows)]


def _of_one_length(lengths: np.ndarray, rows: int, random: np.random.Generator) -> list[np.ndarray]:
    order = np.lexsort((random.random(len(lengths)), lengths))
    groups = np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1)
    return [group[begin : begin + rows] for group in groups for begin in range(0, len(group), rows)]

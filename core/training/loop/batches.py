"""The plan of a training: which examples make up each batch, from the first step to the last."""

from __future__ import annotations

from itertools import count

import numpy as np

JITTER = 0.05
"""Lengths are blurred by up to this part before examples are ordered by them, so that the same ones do not always meet."""


def plan_batches(
    lengths: np.ndarray,
    *,
    epochs: float,
    seed: int,
    rows: int = 32,
    tokens: int | None = None,
    most: int | None = None,
    equal_lengths: bool = False,
) -> list[np.ndarray]:
    """Batches of examples of like length, for all epochs at once.

    A plan that is known from the beginning makes a resume exact: what was done is a number of batches.

    Args:
        lengths: tokens of each example.
        epochs: passes over the examples; a fraction ends within the last one.
        seed: of the order.
        rows: examples in a batch; the last one of an epoch may have fewer.
        tokens: padded tokens in a batch, in the place of ``rows``; a longer example is a batch of its own.
        most: batches in all, in the place of epochs.
        equal_lengths: only examples of one length share a batch, for models whose outputs depend on the padding.

    Returns:
        Positions of the examples of each batch, int64; in each whole epoch every example once.
    """
    batches: list[np.ndarray] = []
    for epoch in count():
        random = np.random.default_rng([seed, epoch])
        groups = _of_one_length(lengths, random) if equal_lengths else [_of_like_length(lengths, random)]
        cut = [piece for group in groups for piece in _cut(group, lengths, rows, tokens)]
        cut = [cut[place] for place in random.permutation(len(cut))]
        wanted = most - len(batches) if most else max(round((epochs - epoch) * len(cut)), 1 - len(batches))
        batches += cut[:wanted]
        if wanted <= len(cut):
            return batches
    raise AssertionError  # an endless count has no end


def _cut(order: np.ndarray, lengths: np.ndarray, rows: int, tokens: int | None) -> list[np.ndarray]:
    """Pieces of an order, by number or by padded tokens."""
    if tokens is None:
        return [order[begin : begin + rows] for begin in range(0, len(order), rows)]
    starts, longest = [0], 0
    for place, length in enumerate(lengths[order].tolist()):
        longest = max(longest, length)
        if place > starts[-1] and (place + 1 - starts[-1]) * longest > tokens:
            starts.append(place)
            longest = length
    return np.split(order, starts[1:])


def _of_like_length(lengths: np.ndarray, random: np.random.Generator) -> np.ndarray:
    blurred = lengths * random.uniform(1 - JITTER, 1 + JITTER, len(lengths))
    return np.lexsort((random.random(len(lengths)), blurred))


def _of_one_length(lengths: np.ndarray, random: np.random.Generator) -> list[np.ndarray]:
    order = np.lexsort((random.random(len(lengths)), lengths))
    return np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1)

"""Which rows say nearly the same: one exact pass over all pairs of vectors, block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCK_ROWS = 1_024


@dataclass(frozen=True)
class Neighbours:
    """For each row its most similar other rows, and the first row that is nearly the same.

    Args:
        nearest: positions, the most similar first, int64 ``[rows, k]``.
        similarity: their cosines, float32 ``[rows, k]``.
        first_like: position of the first row of the group of near-duplicates that a row belongs to: its own where it is the first
            or alone, int64 ``[rows]``.
    """

    nearest: np.ndarray
    similarity: np.ndarray
    first_like: np.ndarray


def neighbours(vectors: np.ndarray, k: int, threshold: float) -> Neighbours:
    """Compares every row with every other; takes time with the square of the rows and memory of one block.

    Two rows are near-duplicates from the cosine ``threshold`` on. Whatever is near to one of a group belongs to the group.

    Args:
        vectors: float32 ``[rows, width]``, of length 1.
        k: neighbours to keep; fewer where there are fewer rows.
    """
    count = len(vectors)
    k = min(k, max(count - 1, 0))
    nearest, similarity = np.zeros((count, k), np.int64), np.zeros((count, k), np.float32)
    first_like = np.arange(count)
    for begin in range(0, count, BLOCK_ROWS):
        block = vectors[begin : begin + BLOCK_ROWS] @ vectors.T
        own = np.arange(begin, begin + len(block))
        for row, cosines in zip(own.tolist(), block, strict=True):
            _join(first_like, row, np.flatnonzero(cosines[:row] >= threshold))
        block[np.arange(len(block)), own] = -np.inf
        if k:
            best = np.argpartition(-block, k - 1, axis=1)[:, :k]
            values = np.take_along_axis(block, best, axis=1)
            order = np.lexsort((best, -values), axis=1)
            nearest[own], similarity[own] = np.take_along_axis(best, order, axis=1), np.take_along_axis(values, order, axis=1)
    return Neighbours(nearest, similarity, first_like)


def _join(first_like: np.ndarray, row: int, near: np.ndarray) -> None:
    """Puts a row into the group of the earlier rows that it is near to; groups that it stands between become one.

    A row at a time, for all pairs of alike rows would be many more than rows.

    Args:
        first_like: the first row of the group of each row, changed in place.
    """
    if not len(near):
        return
    groups = first_like[near]
    first = groups.min()
    first_like[row] = first
    if groups.max() > first:
        earlier = first_like[:row]
        earlier[np.isin(earlier, np.unique(groups))] = first

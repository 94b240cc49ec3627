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
    parent = np.arange(count)
    for begin in range(0, count, BLOCK_ROWS):
        block = vectors[begin : begin + BLOCK_ROWS] @ vectors.T
        own = np.arange(begin, begin + len(block))
        earlier = np.arange(count)[None, :] < own[:, None]
        for row, column in zip(*np.nonzero(earlier & (block >= threshold)), strict=True):
            _join(parent, begin + int(row), int(column))
        block[np.arange(len(block)), own] = -np.inf
        if k:
            best = np.argpartition(-block, k - 1, axis=1)[:, :k]
            values = np.take_along_axis(block, best, axis=1)
            order = np.lexsort((best, -values), axis=1)
            nearest[own], similarity[own] = np.take_along_axis(best, order, axis=1), np.take_along_axis(values, order, axis=1)
    first_like = np.array([_root(parent, row) for row in range(count)], np.int64)
    return Neighbours(nearest, similarity, first_like)


def _root(parent: np.ndarray, row: int) -> int:
    """The first row of a group; shortens the way there for the next who asks."""
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = int(parent[row])
    return row


def _join(parent: np.ndarray, row: int, other: int) -> None:
    first, second = sorted((_root(parent, row), _root(parent, other)))
    parent[second] = first

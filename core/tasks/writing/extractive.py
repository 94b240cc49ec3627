"""Summaries without a model that writes: the central sentences of a text, as they stand there."""

from __future__ import annotations

import numpy as np

METHOD = "extractive: sentences of the text itself"
DAMPING = 0.85  # as there: a step in 100 out of 15 goes to any sentence
ROUNDS = 100
TOLERANCE = 1e-8
SAME = 0.95  # a sentence that says what a chosen one says is passed over


def centrality(vectors: np.ndarray) -> np.ndarray:
    """How central each sentence is: the stationary distribution of a walk between similar sentences.

    Continuous LexRank (Erkan and Radev 2004, https://doi.org/10.1613/jair.1523), with cosines of sentence embeddings in the place of
    those of word counts. No sentence speaks for itself: the walk never stays, and from a sentence without a like it goes anywhere.

    Args:
        vectors: of length 1 each, ``[sentences, width]``.

    Returns:
        float64 ``[sentences]``, adding up to 1.
    """
    vectors = vectors.astype(np.float64)
    similar = np.maximum(vectors @ vectors.T, 0.0)
    np.fill_diagonal(similar, 0.0)
    similar[similar.sum(axis=1) == 0] = 1.0
    steps = similar / similar.sum(axis=1, keepdims=True)
    rank = np.full(len(vectors), 1 / len(vectors))
    for _ in range(ROUNDS):
        following = (1 - DAMPING) / len(vectors) + DAMPING * (rank @ steps)
        moved = np.abs(following - rank).sum()
        rank = following
        if moved < TOLERANCE:
            break
    return rank / rank.sum()


def central_sentences(vectors: np.ndarray, count: int) -> list[int]:
    """The most central sentences in the order of the text; of two that say the same only one.

    Args:
        vectors: of length 1 each, ``[sentences, width]``.
        count: how many at most.
    """
    chosen: list[int] = []
    for sentence in np.argsort(-centrality(vectors), kind="stable").tolist():
        if all(float(vectors[sentence] @ vectors[other]) < SAME for other in chosen):
            chosen.append(sentence)
        if len(chosen) == count:
            break
    return sorted(chosen)

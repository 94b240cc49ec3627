"""A map of texts in two dimensions: what lies together is about the same."""

from __future__ import annotations

import warnings

import numpy as np

LANDMARKS = 2_000  # t-SNE takes some seconds for so many; the others are placed among them
NEAR_LANDMARKS = 5
PERPLEXITY = 30.0


def flat_map(vectors: np.ndarray, *, seed: int) -> np.ndarray:
    """Places by t-SNE (van der Maaten and Hinton 2008); only nearness means something on it, not direction or distance.

    Of more than ``LANDMARKS`` rows as many, evenly chosen, are placed by t-SNE, and every other one at the mean of its
    ``NEAR_LANDMARKS`` nearest of them, weighted by cosine.

    Args:
        vectors: float32 ``[rows, width]``, of length 1.

    Returns:
        float32 ``[rows, 2]``.
    """
    if len(vectors) < 3:
        return np.column_stack([np.arange(len(vectors)), np.zeros(len(vectors))]).astype(np.float32)
    chosen = np.unique(np.linspace(0, len(vectors) - 1, LANDMARKS).astype(np.int64))
    places = _tsne(vectors[chosen], seed)
    if len(chosen) == len(vectors):
        return places
    flat = np.empty((len(vectors), 2), np.float32)
    for begin in range(0, len(vectors), LANDMARKS):
        cosines = vectors[begin : begin + LANDMARKS] @ vectors[chosen].T
        near = np.argpartition(-cosines, NEAR_LANDMARKS, axis=1)[:, :NEAR_LANDMARKS]
        weights = np.clip(np.take_along_axis(cosines, near, axis=1), 1e-3, None) ** 8  # the nearest counts most
        flat[begin : begin + LANDMARKS] = (places[near] * (weights / weights.sum(axis=1, keepdims=True))[..., None]).sum(axis=1)
    flat[chosen] = places
    return flat


def _tsne(vectors: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of equal vectors
        return TSNE(init="pca", perplexity=perplexity, random_state=seed).fit_transform(vectors).astype(np.float32)

"""Groups of texts that are about the same, named by the words that set them apart."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

NAME_WORDS = 3
STARTS = 4
WORD = r"(?u)\b[^\W\d_][\w'-]+\b"


def clusters(vectors: np.ndarray, count: int, *, seed: int) -> np.ndarray:
    """k-means on the unit sphere; cluster 0 is the largest.

    Args:
        vectors: float32 ``[rows, width]``, of length 1: squared distances are then 2 minus twice the cosine.
        count: of clusters; fewer where there are fewer distinct rows.

    Returns:
        int64 ``[rows]``.
    """
    from sklearn.cluster import KMeans

    count = min(count, len(vectors))
    if count < 2:
        return np.zeros(len(vectors), np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer distinct vectors than clusters: some stay empty
        found = KMeans(count, n_init=STARTS, random_state=seed).fit(vectors).labels_
    sizes = np.bincount(found, minlength=count)
    rank = np.empty(count, np.int64)
    rank[np.lexsort((np.arange(count), -sizes))] = np.arange(count)
    return rank[found]


def cluster_names(texts: Sequence[str], assigned: np.ndarray) -> list[str]:
    """Up to three words for each cluster: those with the highest class-based TF-IDF.

    A word's weight is its count in the cluster times ``log(1 + mean words of a cluster / its count in all)``
    (Grootendorst 2022, https://arxiv.org/abs/2203.05794). English function words are left out.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    total = int(assigned.max(initial=-1)) + 1
    try:
        vectorizer = CountVectorizer(stop_words="english", token_pattern=WORD)
        counts = vectorizer.fit_transform(texts)
    except ValueError:  # no text has a word
        return [f"cluster {number + 1}" for number in range(total)]
    words = vectorizer.get_feature_names_out()
    per_cluster = np.vstack([np.asarray(counts[assigned == number].sum(axis=0)) for number in range(total)])
    weight = per_cluster * np.log1p(per_cluster.sum() / total / np.maximum(per_cluster.sum(axis=0), 1))
    names: list[str] = []
    for number in range(total):
        best = [words[index] for index in np.argsort(-weight[number], kind="stable")[:NAME_WORDS] if weight[number, index] > 0]
        name = ", ".join(best) or f"cluster {number + 1}"
        names.append(f"{name} ({number + 1})" if name in names else name)
    return names

"""Labels that look wrong, by what a model says that has not learned from them."""

from __future__ import annotations

import numpy as np

from core.metrics.probabilities import log_losses


def label_suspects(truth: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows for which the model is confident of another label: the off-diagonal rows of confident learning's joint.

    A label is confident where its probability reaches the mean that the rows with this label get (Northcutt, Jiang and Chuang 2021,
    https://arxiv.org/abs/1911.00068); of several confident labels the most probable one counts.

    Args:
        truth: number of each row's label, int ``[rows]``.
        probabilities: out of sample, float ``[rows, labels]``, finite.

    Returns:
        Places of the rows, largest log loss of the given label first; the label that the model would give each; their losses.
    """
    labels = probabilities.shape[1]
    counts = np.bincount(truth, minlength=labels)
    own = probabilities[np.arange(len(truth)), truth]
    with np.errstate(invalid="ignore", divide="ignore"):
        bars = np.bincount(truth, weights=own, minlength=labels) / counts
    confident = np.where(probabilities >= np.where(counts > 0, bars, np.inf), probabilities, -1.0)
    best = confident.argmax(axis=1)
    places = np.flatnonzero((confident.max(axis=1) >= 0) & (best != truth))
    losses = log_losses(truth[places], probabilities[places])
    order = np.argsort(-losses, kind="stable")
    return places[order], best[places[order]], losses[order]


def held_out_probabilities(vectors: np.ndarray, truth: np.ndarray, folds: int = 5, seed: int = 0) -> np.ndarray:
    """Probabilities of each row by a logistic regression that learned from the other folds, float64 ``[rows, labels]``.

    Args:
        vectors: float ``[rows, width]``.
        truth: number of each row's label, int ``[rows]``, from 0 without gaps; each label at least ``folds`` times.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    model = LogisticRegression(C=10.0, max_iter=300)  # vectors of length one want less pull to zero than the default
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return cross_val_predict(model, vectors, truth, cv=split, method="predict_proba")

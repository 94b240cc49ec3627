"""GoEmotions for the recipe: which training rows are held out, and the labels as an array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LABELS = (
    "admiration",
    "amusement",
    "anger",
    "annoyance",
    "approval",
    "caring",
    "confusion",
    "curiosity",
    "desire",
    "disappointment",
    "disapproval",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "gratitude",
    "grief",
    "joy",
    "love",
    "nervousness",
    "neutral",
    "optimism",
    "pride",
    "realization",
    "relief",
    "remorse",
    "sadness",
    "surprise",
)


def marks_of(labels: Sequence[Sequence[str]]) -> np.ndarray:
    """bool ``[rows, labels]``: which of ``LABELS`` each row has."""
    place = {label: number for number, label in enumerate(LABELS)}
    marks = np.zeros((len(labels), len(LABELS)), bool)
    for row, names in enumerate(labels):
        marks[row, [place[name] for name in names]] = True
    return marks


def divide(texts: Sequence[str], marks: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows to hold out, so that each label has its share of both as far as it goes.

    A row with several labels counts for its rarest one: with 77 rows of 43,410, chance alone could leave a label three to choose a
    threshold by.

    Args:
        texts: a text that is held out is trained on in no other row either.
        marks: bool ``[rows, labels]``.
        share: part of the rows to hold out.

    Returns:
        Positions, int64, ascending.
    """
    random = np.random.default_rng(seed)
    rarest = np.argsort(marks.sum(axis=0), kind="stable")
    stratum = np.where(marks.any(axis=1), marks[:, rarest].argmax(axis=1), -1)
    held = np.zeros(len(marks), bool)
    for value in np.unique(stratum):
        rows = random.permutation(np.flatnonzero(stratum == value))
        held[rows[: round(share * len(rows))]] = True
    said = {texts[row] for row in np.flatnonzero(held)}
    kept = np.array([not held[row] and texts[row] not in said for row in range(len(marks))], bool)
    return np.flatnonzero(kept), np.flatnonzero(held)

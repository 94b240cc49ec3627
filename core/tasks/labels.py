"""Answers that are labels: from logits to scores to columns, the same for every task that chooses among labels."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from core.tasks.base import TaskModel

TOP = 5
SEPARATOR = "; "
MAX_NAME_CHARACTERS = 60
_NOT_PLAIN = re.compile(r"[^\w.+-]+")


def scores_of(logits: np.ndarray, problem: str) -> np.ndarray:
    """Logits ``[rows, labels]`` to scores of the same shape; softmax and sigmoid in float64 and without overflow."""
    if problem == "single":
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)
    if problem in ("multi", "score"):
        small = np.exp(-np.abs(logits))
        return np.where(logits >= 0, 1 / (1 + small), small / (1 + small))
    return logits


def answers(scores: np.ndarray, model: TaskModel, *, threshold: float | np.ndarray, every: bool) -> dict[str, pa.Array]:
    """The columns ``prediction``, ``confidence`` and the probabilities.

    Args:
        scores: float64 ``[rows, labels]``.
        threshold: from which score on a label is predicted where several may be; one for all, or float64 ``[labels]``.
        every: a column for every label, however many there are.
    """
    if model.problem in ("regression", "score"):
        return {"prediction": pa.array(scores[:, 0])}
    labels = np.array(model.labels, dtype=object)
    if model.problem == "multi":
        prediction = [SEPARATOR.join(labels[row >= threshold]) for row in scores]
    else:
        prediction = labels[scores.argmax(axis=1)].tolist()
    columns = {"prediction": pa.array(prediction, pa.string()), "confidence": pa.array(scores.max(axis=1))}
    if len(labels) <= model.top or every:
        names = label_columns("p_", model.labels)
        return columns | {name: pa.array(np.ascontiguousarray(scores[:, index])) for index, name in enumerate(names)}
    best = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    values = np.take_along_axis(scores, best, axis=1)
    for place in range(best.shape[1]):
        columns[f"label_{place + 1}"] = pa.array(labels[best[:, place]].tolist(), pa.string())
        columns[f"p_{place + 1}"] = pa.array(np.ascontiguousarray(values[:, place]))
    return columns


def label_columns(prefix: str, labels: Sequence[str]) -> list[str]:
    """A column name for each label: ``prefix`` and the label in plain characters (letters of any script stay).

    Names that differ only in case count as equal, as they do for SQL and for spreadsheet programs; the later one gets a number.
    """
    taken: set[str] = set()
    names = []
    for index, label in enumerate(labels):
        plain = _NOT_PLAIN.sub("_", label).strip("_.")[:MAX_NAME_CHARACTERS] or f"label_{index}"
        name, number = prefix + plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{prefix}{plain}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names

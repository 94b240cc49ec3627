"""The view of a classifier: logits and probabilities of every label, for one text or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel

from core.errors import LimitReached
from core.inference.loading import Loaded
from core.inspect import row
from core.inspect.label_numbers import entropies, margins, predicted, probabilities_at
from core.schema import LookSpec
from core.settings import Settings
from core.tasks.text_classification import temperature_for, thresholds_for


class LabelScores(BaseModel):
    """What a classifier says of some texts; every list has one entry for each.

    Args:
        labels: names of the outputs, in the order of the logits.
        problem: the head's kind, as in :class:`core.tasks.TaskModel`.
        thresholds: of each label where several may be predicted, else empty.
        logits: ``[texts, labels]``.
        probabilities: ``[texts, labels]``; the logits themselves where the head gives no probabilities.
        predictions: the labels predicted.
        margins: by how much the answer won: see :func:`core.inspect.label_numbers.margins`.
        entropies: in bits.
        tokens: read, special ones included.
        lost: tokens that did not fit the model.
        limit: tokens that it reads.
        temperature: that the model was saved with, by which its logits were divided; the logits are as they were before.
    """

    labels: list[str]
    problem: str
    thresholds: list[float]
    logits: list[list[float]]
    probabilities: list[list[float]]
    predictions: list[list[str]]
    margins: list[float | None]
    entropies: list[float | None]
    tokens: list[int]
    lost: list[int]
    limit: int
    temperature: float = 1.0


def labels(settings: Settings, loaded: Loaded, look: LookSpec, *, others: list[dict[str, str]] | None = None) -> LabelScores:
    """Logits and probabilities of the text, and of ``others`` after it.

    Args:
        others: cells of further texts, with the same names as those of ``look``.

    Raises:
        LimitReached: more texts than ``max_look_texts``, or too many characters.
    """
    rows = [look.cells, *(others or [])]
    check_texts(settings, rows)
    encoded = row.encode(settings, loaded, rows)
    logits = np.stack(row.outputs(loaded, encoded)).astype(np.float64)
    model = loaded.model
    several = model.problem == "multi"
    thresholds = np.broadcast_to(thresholds_for(model), len(model.labels)).tolist() if several else []
    temperature = temperature_for(model)
    probabilities = probabilities_at(logits, model.problem, temperature)
    return LabelScores(
        labels=list(model.labels),
        problem=model.problem,
        thresholds=thresholds,
        logits=logits.tolist(),
        probabilities=probabilities.tolist(),
        predictions=predicted(probabilities, model.labels, model.problem, thresholds),
        margins=margins(probabilities, model.problem, thresholds),
        entropies=entropies(probabilities, model.problem),
        tokens=encoded.lengths.tolist(),
        lost=encoded.lost.tolist(),
        limit=model.cut_at,
        temperature=temperature,
    )


def check_texts(settings: Settings, rows: Sequence[Any]) -> None:
    """Raises LimitReached for more texts than ``max_look_texts``."""
    if len(rows) > settings.max_look_texts:
        raise LimitReached(f"at most {settings.max_look_texts} texts at once (max_look_texts)", f"{len(rows)}", "Take fewer texts.")

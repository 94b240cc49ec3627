"""The view of labels of the user's own: what stands for each label, how far a text entails it or comes near it, and the scores.

An NLI model reads the text with a hypothesis for each label (Yin et al. 2019, https://arxiv.org/abs/1909.00161); an embedding model
compares vectors.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from core.inference.loading import Loaded
from core.inspect import row
from core.inspect.label_numbers import entropies, margins, predicted, probabilities_at
from core.inspect.labels import LabelScores, check_texts
from core.schema import LookSpec
from core.settings import Settings
from core.tasks import Encoded
from core.tasks.zero_shot_classification import SCALE, hypotheses


class OwnLabelScores(LabelScores):
    """What a model says of some texts and labels that it was not trained on.

    ``logits`` are what the probabilities follow from: of an NLI model the entailment, less the contradiction where several labels may
    fit; of an embedding model cosines, times ``scale`` where exactly one fits.

    Args:
        compared: by what the model compares a text with a label.
        hypotheses: the sentence that stands for each label.
        entailments: logit of "entailed", ``[texts, labels]``; empty for an embedding model.
        contradictions: logit of "contradicted", likewise.
        cosines: ``[texts, labels]``; empty for an NLI model.
        scale: by which cosines are multiplied before the softmax.
        tempered: whether a temperature means anything; cosines as they are have none.
    """

    compared: Literal["entailment", "cosine"]
    hypotheses: list[str]
    entailments: list[list[float]]
    contradictions: list[list[float]]
    cosines: list[list[float]]
    scale: float
    tempered: bool


def own_labels(settings: Settings, loaded: Loaded, look: LookSpec, *, others: list[dict[str, str]] | None = None) -> OwnLabelScores:
    """Scores of the user's labels for the text, and for ``others`` after it; the same that a run gives.

    Args:
        others: cells of further texts, with the same names as those of ``look``.

    Raises:
        LimitReached, BadInput: as :func:`core.inspect.labels.labels`.
    """
    rows, model = [look.cells, *(others or [])], loaded.model
    check_texts(settings, rows)
    encoded = row.encode(settings, loaded, rows)
    outputs = np.stack(row.outputs(loaded, encoded)).astype(np.float64)
    several, nearness = model.problem == "multi", "labels" in encoded.extra
    if nearness:
        entailed = against = np.empty((0, len(model.labels)))
        cosines = outputs @ encoded.extra["labels"].astype(np.float64).T
        logits = cosines if several else SCALE * cosines
    else:
        against, entailed = np.moveaxis(outputs.reshape(len(rows), len(model.labels), 2), 2, 0)
        cosines = np.empty((0, len(model.labels)))
        logits = entailed - against if several else entailed
    probabilities = np.clip(logits, 0, 1) if nearness and several else probabilities_at(logits, model.problem)
    thresholds = [model.options.threshold] * len(model.labels) if several else []
    return OwnLabelScores(
        labels=list(model.labels),
        problem=model.problem,
        thresholds=thresholds,
        logits=logits.tolist(),
        probabilities=probabilities.tolist(),
        predictions=predicted(probabilities, model.labels, model.problem, thresholds),
        margins=margins(probabilities, model.problem, thresholds),
        entropies=[None] * len(rows) if nearness and several else entropies(probabilities, model.problem),
        tokens=_longest(encoded),
        lost=encoded.lost.tolist(),
        limit=model.cut_at,
        compared="cosine" if nearness else "entailment",
        hypotheses=hypotheses(model),
        entailments=entailed.tolist(),
        contradictions=against.tolist(),
        cosines=cosines.tolist(),
        scale=1.0 if several else SCALE,
        tempered=not (nearness and several),
    )


def _longest(encoded: Encoded) -> list[int]:
    """Tokens of each row; of those that are read with a hypothesis for each label, of the longest pair."""
    lengths = np.zeros(encoded.rows, np.int64)
    np.maximum.at(lengths, encoded.row, encoded.lengths)
    return lengths.tolist()

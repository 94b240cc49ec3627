"""The view of an embedding model: how near the vectors of two texts are."""

from __future__ import annotations

import numpy as np

from core.errors import BadInput
from core.inference.loading import Loaded
from core.inspect import row
from core.inspect.labels import LabelScores, check_texts
from core.schema import LookSpec, Role
from core.settings import Settings

COSINE = "cosine"


def similarity(settings: Settings, loaded: Loaded, look: LookSpec, *, others: list[dict[str, str]] | None = None) -> LabelScores:
    """The cosine of the vectors of ``text`` and ``text_pair``, for the look and for ``others`` after it, as a head with one number.

    ``tokens`` and ``lost`` count those of both texts.

    Args:
        others: cells of further pairs.

    Raises:
        BadInput: a text or its second text is missing.
        LimitReached: more pairs than ``max_look_texts``, or too many characters.
    """
    rows = [look.cells, *(others or [])]
    check_texts(settings, rows)
    if not all(cells.get(name, "").strip() for cells in rows for name in (Role.TEXT, Role.TEXT_PAIR)):
        raise BadInput("two texts to hold against each other", "one of them blank", "Give the second text too.")
    encoded = row.encode(settings, loaded, [{Role.TEXT: cells[name]} for cells in rows for name in (Role.TEXT, Role.TEXT_PAIR)])
    vectors = np.stack(row.outputs(loaded, encoded)).astype(np.float64)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosines = (vectors[::2] * vectors[1::2]).sum(axis=1, keepdims=True).tolist()
    nothing: list[float | None] = [None] * len(rows)
    return LabelScores(
        labels=[COSINE],
        problem="regression",
        thresholds=[],
        logits=cosines,
        probabilities=cosines,
        predictions=[[] for _ in rows],
        margins=nothing,
        entropies=nothing,
        tokens=encoded.lengths.reshape(-1, 2).sum(axis=1).tolist(),
        lost=encoded.lost.reshape(-1, 2).sum(axis=1).tolist(),
        limit=loaded.model.cut_at,
    )

"""The rows that went wrong most."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.evaluation.judging import judge
from core.evaluation.kinds.judged import Coding
from core.evaluation.results import EvaluationSpec, WorstRow, WorstRows
from core.settings import Settings

NOTHING = "No row could be compared."


def worst_rows(settings: Settings, path: Path, spec: EvaluationSpec, limit: int = 100) -> WorstRows:
    """The compared rows with the largest loss, largest first; of equal losses the first rows of the table.

    Raises:
        BadInput, NotFound: as for :func:`core.evaluation.evaluate`.
    """
    judged = judge(settings, path, spec)
    loss = np.where(np.isnan(judged.loss), -np.inf, judged.loss)
    wrong = judged.compared & (judged.right != 1) if judged.right is not None else judged.compared
    if not judged.compared.any():
        return WorstRows(measure=judged.measure, rows=(), wrong=0, why_not=NOTHING)
    order = np.argsort(-loss, kind="stable")[:limit]
    order = order[loss[order] > 0]
    truth, said = judged.cells(order)
    details, confidence = judged.details, judged.confidence
    rows = []
    for row, true, given in zip(order.tolist(), truth, said, strict=True):
        own = details.probabilities[row, details.truth[row]] if _has_probability(details, row) else None
        sure = None if confidence is None or not np.isfinite(confidence[row]) else float(confidence[row])
        probability = None if own is None or not np.isfinite(own) else float(own)
        rows.append(
            WorstRow(row=row, truth=true or "", prediction=given or "", loss=float(loss[row]), probability=probability, confidence=sure)
        )
    return WorstRows(measure=judged.measure, rows=tuple(rows), wrong=int(wrong.sum()) if judged.right is not None else 0)


def _has_probability(details: object, row: int) -> bool:
    return isinstance(details, Coding) and details.probabilities is not None and details.truth[row] < details.probabilities.shape[1]

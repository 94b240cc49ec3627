"""One number a row."""

from __future__ import annotations

import numpy as np

from core.evaluation.columns import Sheet
from core.evaluation.kinds.judged import Figures, Judged, left_out
from core.evaluation.kinds.one import NO_PREDICTION
from core.evaluation.results import EvaluationSpec
from core.metrics.numbers import float_metrics
from core.settings import Settings

BRIEF = ("mae", "rmse", "r2", "pearson")
LOSS = "Absolute error"


def judge(settings: Settings, sheet: Sheet, spec: EvaluationSpec) -> Judged:
    """Compares numbers with numbers.

    Raises:
        BadInput: no such column.
    """
    names = [spec.columns["label"], spec.columns["prediction"]]
    truth, said = sheet.numbers(names).T
    compared = np.isfinite(truth) & np.isfinite(said)
    error = np.where(compared, np.abs(said - truth), np.nan)

    def figures(rows: np.ndarray, brief: bool) -> Figures:
        kept = rows[compared[rows]]
        found = float_metrics(truth[kept], said[kept], spec.seed, limit=settings.resampled_rows)
        return Figures({name: found[name] for name in BRIEF} if brief else found)

    return Judged(
        spec=spec.model_copy(update={"problem": "regression"}),
        compared=compared,
        left_out=left_out((NO_PREDICTION, ~np.isfinite(said)), ("No number in the cell", ~np.isfinite(truth))),
        right=None,
        loss=error,
        measure=LOSS,
        scores={"absolute_error": error},
        figures=figures,
        cells=lambda rows: ([f"{value:g}" for value in truth[rows]], [f"{value:g}" for value in said[rows]]),
    )

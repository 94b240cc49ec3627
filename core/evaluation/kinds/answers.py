"""Answers to questions, as the SQuAD evaluation counts them."""

from __future__ import annotations

import numpy as np

from core.evaluation.columns import Sheet, confidence_in, is_blank
from core.evaluation.kinds.judged import NOT_DRAWN, Figures, Judged, drawn, left_out
from core.evaluation.kinds.one import NO_PREDICTION
from core.evaluation.results import EvaluationSpec
from core.metrics.answers import answer_f1, exact_match, figures_of_rows, read_answers
from core.settings import Settings

BRIEF = ("exact_match", "answer_f1")
LOSS = "How few words the answer shares with the closest of yours (1 minus F1)"


def judge(settings: Settings, sheet: Sheet, spec: EvaluationSpec) -> Judged:
    """Compares answers with the user's own, one or several a row. Where predictions may be empty, a blank cell says that there is none.

    Raises:
        BadInput: no such column.
    """
    truth, said = sheet.coded(spec.columns["label"]), sheet.coded(spec.columns["prediction"])
    may_be_none = bool((is_blank(said) & (said.codes >= 0)).any())
    right = [read_answers(value, blank_is_none=may_be_none) for value in truth.values] + [None]
    known = truth.mapped([-1 if found is None else 1 for found in right[:-1]]) > 0
    given = said.codes >= 0
    compared, note = drawn(known & given, settings.scored_texts, spec.seed)
    rows = np.flatnonzero(compared)
    exact, f1, has = (np.full(sheet.rows, np.nan) for _ in range(3))
    for row, answer in zip(rows, said.cells(rows), strict=True):
        answers = right[truth.codes[row]] or ()
        exact[row], f1[row], has[row] = exact_match(answer or "", answers), answer_f1(answer or "", answers), bool(answers)

    def figures(chosen: np.ndarray, brief: bool) -> Figures:
        kept = chosen[compared[chosen]]
        found = figures_of_rows(exact[kept], f1[kept], has[kept] > 0, spec.seed, limit=settings.resampled_rows)
        return Figures({name: found[name] for name in BRIEF} if brief else found)

    return Judged(
        spec=spec.model_copy(update={"problem": "answers"}),
        compared=compared,
        left_out=left_out((NO_PREDICTION, ~given), ("No answer of yours in the cell", ~known), (NOT_DRAWN, ~compared)),
        right=exact,
        loss=1 - f1,
        measure=LOSS,
        scores={"exact_match": exact, "answer_f1": f1},
        figures=figures,
        cells=lambda chosen: (truth.cells(chosen), said.cells(chosen)),
        confidence=confidence_in(sheet, spec.columns.get("confidence")),
        notes=(note,) if note else (),
    )

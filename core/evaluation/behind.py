"""From a number to its rows: as positions, or as filters that a run's page understands."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.evaluation.columns import Sheet
from core.evaluation.judging import judge
from core.evaluation.kinds.judged import Coding, Judged, Marks
from core.evaluation.results import Evaluation, EvaluationSpec, RowsBehind
from core.runs.filters import ColumnFilter, ResultFilters
from core.settings import Settings


def rows_behind(settings: Settings, path: Path, spec: EvaluationSpec, behind: RowsBehind) -> np.ndarray:
    """The compared rows that a number counts, from 0, ascending, int64.

    Raises:
        BadInput, NotFound: as for :func:`core.evaluation.evaluate`.
    """
    judged = judge(settings, path, spec)
    kept = judged.compared.copy()
    for wanted, which in ((behind.truth, "truth"), (behind.prediction, "prediction")):
        if wanted is not None:
            kept &= _with_label(judged, which, wanted)
    if behind.right is not None:
        kept &= (judged.right == float(behind.right)) if judged.right is not None else np.zeros(len(kept), bool)
    if behind.confidence is not None:
        low, high = behind.confidence
        confidence = judged.confidence if judged.confidence is not None else np.full(len(kept), np.nan)
        kept &= (confidence > low) & (confidence <= high)
    if behind.column is not None:
        kept &= _in_slice(Sheet.open(path), behind)
    return np.flatnonzero(kept)


def as_filters(evaluation: Evaluation, behind: RowsBehind) -> ResultFilters | None:
    """The same rows as filters of a run's page, which can go into a link; ``None`` where these cannot say it: use the rows themselves.

    Labels become the spellings that the columns have, so that rows whose label is left out stay out.
    """
    if behind.between is not None or behind.right is not None:
        return None
    columns = _narrowing(evaluation.spec)
    if columns is None:
        return None
    for wanted, part, meant in ((behind.truth, "label", evaluation.spellings), (behind.prediction, "prediction", evaluation.said)):
        if wanted is not None:
            if not meant.get(wanted):
                return None
            columns.append(ColumnFilter(column=evaluation.spec.columns[part], one_of=meant[wanted]))
    if behind.column is not None and behind.value is not None:
        columns.append(ColumnFilter(column=behind.column, one_of=(behind.value or None,)))
    confidence = None
    if behind.confidence is not None:
        low, high = behind.confidence
        confidence = (float(np.nextafter(low, np.inf)), high)
    return ResultFilters(columns=tuple(columns), confidence=confidence)


def _narrowing(spec: EvaluationSpec) -> list[ColumnFilter] | None:
    """The rows that a spec asks for; ``None`` where it takes missing cells without empty ones, which filters do not tell apart."""
    if any(None in cells and "" not in cells for cells in spec.only.values()):
        return None
    return [ColumnFilter(column=column, one_of=cells) for column, cells in spec.only.items()]


def _with_label(judged: Judged, which: str, label: str) -> np.ndarray:
    """Rows with a label by the user or by the model, bool ``[rows]``."""
    details = judged.details
    if details is None or label not in details.labels:
        return np.zeros(judged.rows, bool)
    number = details.labels.index(label)
    given = getattr(details, which)
    return given == number if isinstance(details, Coding) else _marked(details, given, number)


def _marked(details: Marks, given: np.ndarray, number: int) -> np.ndarray:
    return given[:, number]


def _in_slice(sheet: Sheet, behind: RowsBehind) -> np.ndarray:
    assert behind.column is not None
    if behind.between is not None:
        low, high = behind.between
        numbers = sheet.numbers([behind.column])[:, 0]
        return (numbers > low) & (numbers <= high)
    coded, wanted = sheet.coded(behind.column), (behind.value or "").strip()
    found = coded.mapped([int(value.strip() == wanted) for value in coded.values])
    return (found == 1) | ((found < 0) & (not wanted))

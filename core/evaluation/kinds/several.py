"""Any number of labels a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.errors import BadInput
from core.evaluation.columns import Coded, Sheet, is_blank, score_columns
from core.evaluation.kinds.judged import Figures, Judged, Marks, interval_of, left_out
from core.evaluation.kinds.one import NO_LABEL, NO_PREDICTION
from core.evaluation.results import ClassFigures, EvaluationSpec
from core.metrics.label_cells import natural_order, read_cell
from core.metrics.several import label_marks, label_places, marked_metrics
from core.settings import Settings
from core.tasks.labels import SEPARATOR

BRIEF = ("f1_micro", "f1_macro", "same_labels", "jaccard")
LOSS = "Mean log loss over the labels: minus the logarithm of the probability of what each label is"
WRONG = "Share of the labels that are wrong"


def judge(settings: Settings, sheet: Sheet, spec: EvaluationSpec) -> Judged:
    """Compares sets of labels. An empty prediction says that no label applies; a blank cell of the user says nothing.

    Raises:
        BadInput: no such column, or more different labels than ``max_evaluated_labels``.
    """
    separator = spec.separator or SEPARATOR.strip()
    truth, prediction = sheet.coded(spec.columns["label"]), sheet.coded(spec.columns["prediction"])
    true_sets = [read_cell(value, separator).labels for value in truth.values]
    said_sets = [read_cell(value, separator).labels or () for value in prediction.values]
    labels = _labels(settings, spec, true_sets, said_sets)
    rows_with = np.bincount(truth.codes[truth.codes >= 0], minlength=len(truth.values))
    counts: Counter[str] = Counter()
    for number, found in enumerate(true_sets):
        counts.update({label: int(rows_with[number]) for label in found or ()})
    places, unmatched = label_places(counts, labels, spec.label_map)
    own, _ = label_places(Counter(label for found in said_sets for label in found), labels, {})
    known = truth.mapped([-1 if found is None else 1 for found in true_sets]) > 0
    compared = known & (prediction.codes >= 0)
    named = spec.probabilities or score_columns(sheet, "p_", labels)
    marks = Marks(
        labels,
        _marks(truth, true_sets, places, len(labels)),
        _marks(prediction, said_sets, own, len(labels)),
        sheet.numbers([named[label] for label in labels]) if labels and set(named) >= set(labels) else None,
    )
    wrong = np.where(compared, (marks.truth != marks.prediction).mean(axis=1) if labels else 0.0, np.nan)
    right = np.where(compared, wrong == 0, np.nan).astype(np.float64)
    loss, measure = (_log_losses(marks, compared), LOSS) if marks.probabilities is not None else (wrong, WRONG)
    return Judged(
        spec=spec.model_copy(update={"problem": "multi", "labels": labels, "probabilities": named, "separator": separator}),
        compared=compared,
        left_out=left_out((NO_PREDICTION, prediction.codes < 0), (NO_LABEL, is_blank(truth) | ~known)),
        right=right,
        loss=loss,
        measure=measure,
        scores={"same_labels": right},
        figures=lambda rows, brief: _figures(settings, marks, rows[compared[rows]], brief, spec.seed),
        cells=lambda rows: (truth.cells(rows), prediction.cells(rows)),
        confidence=None if marks.probabilities is None else marks.probabilities.max(axis=1),
        unmatched=unmatched,
        details=marks,
    )


def _labels(
    settings: Settings, spec: EvaluationSpec, true: Sequence[Sequence[str] | None], said: Sequence[Sequence[str]]
) -> tuple[str, ...]:
    if spec.labels:
        return spec.labels
    found = dict.fromkeys(label for cell in said for label in cell) | dict.fromkeys(spec.probabilities)
    _, unmatched = label_places(Counter(label for cell in true for label in cell or ()), list(found), spec.label_map)
    labels = sorted([*found, *unmatched], key=natural_order)
    if len(labels) > settings.max_evaluated_labels:
        raise BadInput(
            f"at most {settings.max_evaluated_labels:,} different labels (SHEETFORMER_MAX_EVALUATED_LABELS)",
            f"{len(labels):,} in {spec.columns['label']!r} and {spec.columns['prediction']!r}",
            "Choose columns that hold labels, or another separator between them.",
        )
    return tuple(labels)


def _marks(column: Coded, sets: Sequence[Sequence[str] | None], places: dict[str, int], labels: int) -> np.ndarray:
    """bool ``[rows, labels]``; a row without a cell has none."""
    distinct = label_marks([found or () for found in sets] + [()], places, labels)
    return distinct[column.codes]


def _log_losses(marks: Marks, compared: np.ndarray) -> np.ndarray:
    assert marks.probabilities is not None
    tiny = np.finfo(np.float64).eps
    given = np.clip(np.where(marks.truth, marks.probabilities, 1 - marks.probabilities), tiny, 1)
    return np.where(compared, -np.log(given).mean(axis=1), np.nan)


def _figures(settings: Settings, marks: Marks, rows: np.ndarray, brief: bool, seed: int) -> Figures:
    probabilities = None if brief or marks.probabilities is None else marks.probabilities[rows]
    truth, said = marks.truth[rows], marks.prediction[rows]
    found, per_class = marked_metrics(truth, said, probabilities, seed, limit=settings.resampled_rows)
    if brief:
        return Figures({name: found[name] for name in BRIEF})
    support, predicted = truth.sum(0), said.sum(0)
    classes = tuple(
        ClassFigures(
            label=label,
            support=int(support[number]),
            predicted=int(predicted[number]),
            **{name: interval_of(figure) for name, figure in per_class[number].items()},
        )
        for number, label in enumerate(marks.labels)
    )
    return Figures(found, classes)

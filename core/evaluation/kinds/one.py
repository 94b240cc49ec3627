"""One label a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from core.errors import BadInput
from core.evaluation.columns import Coded, Sheet, confidence_in, is_blank, more_labels, score_columns
from core.evaluation.kinds.judged import Coding, Figures, Judged, interval_of, left_out
from core.evaluation.results import ClassFigures, Confusion, EvaluationSpec
from core.metrics.classification import coded_metrics
from core.metrics.label_cells import natural_order
from core.metrics.labels import match_labels, normalised
from core.metrics.probabilities import brier_losses, log_losses
from core.settings import Settings

BRIEF = ("accuracy", "balanced_accuracy", "f1_macro", "mcc")
LOSS = "Log loss: minus the logarithm of the probability of your label"
SURE = "How sure the model was of a wrong answer"
WRONG = "Whether the row is wrong"
NO_PREDICTION = "No prediction: the row failed or was skipped"
NO_LABEL = "No label in the cell"
UNKNOWN = "The label is none of the model's"


@dataclass(frozen=True)
class _Columns:
    """Label column, prediction column, and what their values mean: numbers of labels, -1 for none."""

    truth: Coded
    prediction: Coded
    labels: tuple[str, ...]
    true_labels: list[int]
    said_labels: list[int]


def judge(settings: Settings, sheet: Sheet, spec: EvaluationSpec) -> Judged:
    """Compares predictions with labels.

    Raises:
        BadInput: no such column, or more different labels than ``max_evaluated_labels``.
    """
    columns = _read(settings, sheet, spec)
    coding = Coding(
        columns.labels,
        columns.truth.mapped(columns.true_labels),
        columns.prediction.mapped(columns.said_labels),
        *_scores(sheet, spec, columns.labels),
    )
    compared = (coding.truth >= 0) & (coding.prediction >= 0)
    right = np.where(compared, coding.truth == coding.prediction, np.nan).astype(np.float64)
    confidence = _confidence(sheet, spec, coding)
    losses = _losses(coding, compared)
    loss, measure = _loss(right, confidence, losses.get("log_loss"))
    return Judged(
        spec=_completed(sheet, spec, columns.labels),
        compared=compared,
        left_out=left_out(
            (NO_PREDICTION, coding.prediction < 0),
            (NO_LABEL, is_blank(columns.truth)),
            (UNKNOWN, (coding.truth < 0) & ~is_blank(columns.truth)),
        ),
        right=right,
        loss=loss,
        measure=measure,
        scores={"accuracy": right, **losses},
        figures=lambda rows, brief: _figures(settings, coding, rows, brief, spec.seed),
        cells=lambda rows: (_names(coding, coding.truth[rows]), _names(coding, coding.prediction[rows])),
        confidence=confidence,
        unmatched=_unmatched(columns, spec),
        spellings=_meanings(columns.truth, columns.labels, columns.true_labels),
        said=_meanings(columns.prediction, columns.labels, columns.said_labels),
        details=coding,
    )


def _read(settings: Settings, sheet: Sheet, spec: EvaluationSpec) -> _Columns:
    truth, prediction = sheet.coded(spec.columns["label"]), sheet.coded(spec.columns["prediction"])
    said = [value.strip() for value in prediction.values if value.strip()]
    labels = list(spec.labels) or _find_labels(sheet, spec, said, truth.values)
    labels = _distinct([*labels, *sorted(match_labels(said, labels).unmatched, key=natural_order)])
    if len(labels) > settings.max_evaluated_labels:
        raise BadInput(
            f"at most {settings.max_evaluated_labels:,} different labels (SHEETFORMER_MAX_EVALUATED_LABELS)",
            f"{len(labels):,} in {spec.columns['label']!r} and {spec.columns['prediction']!r}",
            "Choose columns that hold labels, or a task whose answers are texts or numbers.",
        )
    place = {label: number for number, label in enumerate(labels)}
    true_labels = [place.get(label, -1) if label else -1 for label in match_labels(truth.values, labels, spec.label_map).truth]
    said_labels = [place.get(label, -1) if label else -1 for label in match_labels(prediction.values, labels).truth]
    return _Columns(truth, prediction, tuple(labels), true_labels, said_labels)


def _find_labels(sheet: Sheet, spec: EvaluationSpec, said: Sequence[str], true: Sequence[str]) -> list[str]:
    """Labels of a table that names none: all that are predicted, then those of the user. Those with probabilities come first."""
    base = _distinct([*spec.probabilities, *said, *(target for target in spec.label_map.values() if target)])
    every = sorted(_distinct([*base, *match_labels(true, base, spec.label_map).unmatched]), key=natural_order)
    scored = spec.probabilities or score_columns(sheet, "p_", every)
    if not set(base) <= set(scored):
        return every
    first = [label for label in every if label in scored]
    return [*first, *(() if spec.probabilities else more_labels(sheet, first)), *(label for label in every if label not in scored)]


def _unmatched(columns: _Columns, spec: EvaluationSpec) -> dict[str, int]:
    """Values of the label column that are no label, and how many rows have each; what the label map leaves out is meant to be."""
    rows = np.bincount(columns.truth.codes[columns.truth.codes >= 0], minlength=len(columns.truth.values)).tolist()
    found, spelling = Counter[str](), dict[str, str]()
    meant = {normalised(value) for value in spec.label_map}
    for value, number, count in zip(columns.truth.values, columns.true_labels, rows, strict=True):
        key = normalised(value)
        if number < 0 and key and key not in meant:
            found[key] += count
            spelling.setdefault(key, value.strip())
    return {spelling[key]: count for key, count in sorted(found.items(), key=lambda item: (-item[1], item[0]))}


def _distinct(labels: Sequence[str]) -> list[str]:
    """Of labels that differ only by case and white space the first one."""
    return list({normalised(label): label for label in reversed(labels)}.values())[::-1]


def _completed(sheet: Sheet, spec: EvaluationSpec, labels: tuple[str, ...]) -> EvaluationSpec:
    scores = {name: _named(sheet, spec, name, labels) for name in ("probabilities", "logits")}
    return spec.model_copy(update={"problem": "single", "labels": labels, **scores})


def _named(sheet: Sheet, spec: EvaluationSpec, which: str, labels: tuple[str, ...]) -> dict[str, str]:
    """Columns with probabilities or logits: as said, else as their names say."""
    return getattr(spec, which) or score_columns(sheet, {"probabilities": "p_", "logits": "logit_"}[which], labels)


def _scores(sheet: Sheet, spec: EvaluationSpec, labels: tuple[str, ...]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Probabilities and logits of the first labels, float64 ``[rows, some]``: of all that have them, two at least."""
    found = []
    for which in ("probabilities", "logits"):
        named = _named(sheet, spec, which, labels)
        first = list(takewhile(named.__contains__, labels))
        found.append(sheet.numbers([named[label] for label in first]) if len(first) > 1 and len(first) == len(named) else None)
    named = _named(sheet, spec, "probabilities", labels)
    if found[0] is None and len(labels) == 2 and len(named) == 1 and set(named) <= set(labels):
        one = sheet.numbers(list(named.values()))[:, 0]
        found[0] = np.column_stack([one, 1 - one] if labels[0] in named else [1 - one, one])
    return found[0], found[1]


def _confidence(sheet: Sheet, spec: EvaluationSpec, coding: Coding) -> np.ndarray | None:
    if coding.probabilities is not None and coding.probabilities.shape[1]:
        return coding.probabilities.max(axis=1)
    return confidence_in(sheet, spec.columns.get("confidence"))


def _losses(coding: Coding, compared: np.ndarray) -> dict[str, np.ndarray]:
    """Log loss and Brier score of each row, NaN where they are not known."""
    if coding.probabilities is None:
        return {}
    usable = compared & (coding.truth < coding.probabilities.shape[1]) & np.isfinite(coding.probabilities).all(1)
    truth, probabilities = coding.truth[usable], coding.probabilities[usable]
    found = {}
    for name, loss in (("log_loss", log_losses), ("brier", brier_losses)):
        found[name] = np.full(len(compared), np.nan)
        found[name][usable] = loss(truth, probabilities)
    return found


def _loss(right: np.ndarray, confidence: np.ndarray | None, log_loss: np.ndarray | None) -> tuple[np.ndarray, str]:
    if log_loss is not None:
        return log_loss, LOSS
    if confidence is not None:
        return np.where(np.isnan(right), np.nan, (1 - right) * confidence), SURE
    return 1 - right, WRONG


def _figures(settings: Settings, coding: Coding, rows: np.ndarray, brief: bool, seed: int) -> Figures:
    every = len(rows) == len(coding.truth)
    truth, said = (coding.truth, coding.prediction) if every else (coding.truth[rows], coding.prediction[rows])
    probabilities = coding.probabilities if not brief else None
    if probabilities is not None and not every:
        probabilities = probabilities[rows]
    found = coded_metrics(truth, said, len(coding.labels), probabilities, seed, limit=settings.resampled_rows)
    if brief:
        return Figures({name: found.metrics[name] for name in BRIEF})
    support, predicted = found.counts.sum(1), found.counts.sum(0)
    classes = tuple(
        ClassFigures(
            label=label,
            support=int(support[number]),
            predicted=int(predicted[number]),
            **{name: interval_of(figure) for name, figure in found.per_class[number].items()},
        )
        for number, label in enumerate(coding.labels)
    )
    confusion = Confusion(labels=coding.labels, counts=tuple(tuple(row) for row in found.counts.tolist()))
    return Figures(found.metrics, classes, confusion, notes=tuple(found.notes))


def _names(coding: Coding, numbers: np.ndarray) -> list[str | None]:
    names = [*coding.labels, None]
    return [names[number] for number in numbers]


def _meanings(column: Coded, labels: Sequence[str], meant: Sequence[int]) -> dict[str, tuple[str, ...]]:
    """Label to the cells that mean it."""
    found: dict[str, list[str]] = {label: [] for label in labels}
    for value, number in zip(column.values, meant, strict=True):
        if number >= 0:
            found[labels[number]].append(value)
    return {label: tuple(values) for label, values in found.items()}

"""ROC, precision and recall, thresholds, abstention: what probabilities allow."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.errors import BadInput
from core.evaluation.judging import judge
from core.evaluation.kinds.judged import Coding, Judged, Marks, interval_of
from core.evaluation.results import (
    AbstentionCurve,
    AbstentionPoint,
    Curve,
    Curves,
    EvaluationSpec,
    ThresholdCurve,
    ThresholdPoint,
)
from core.evaluation.words import resampled_note
from core.metrics.curves import Abstention, Steps, abstention, f1_of, precision_recall, risk_area, roc, steps_of, thinned
from core.metrics.probabilities import label_areas
from core.settings import Settings

NO_PROBABILITIES = "There are no probabilities of every label: score again with all probabilities, or name their columns."
NO_CONFIDENCE = "There is no confidence of each row, so nobody can say which rows to leave to people."
ONE_SIDE = "{label}: every compared row has it, or none has; there is no curve."


def curves(
    settings: Settings,
    path: Path,
    spec: EvaluationSpec,
    *,
    label: str | None = None,
    threshold: float | None = None,
    answered_from: float | None = None,
) -> Curves:
    """Curves of one label each against the rest, the most frequent labels first.

    Args:
        label: only this one.
        threshold: the operating point of the threshold curves; where F1 is best if not said.
        answered_from: the operating point of the abstention curve: rows below this confidence are left to people.

    Raises:
        BadInput, NotFound: as for :func:`core.evaluation.evaluate`; or there is no such label.
    """
    judged = judge(settings, path, spec)
    details = judged.details
    sure = _abstention(settings, judged, answered_from)
    if details is None or details.probabilities is None:
        return Curves(abstention=sure, why_not=NO_PROBABILITIES, notes=() if sure else (NO_CONFIDENCE,))
    truth, probabilities = _one_against_rest(details, judged.compared)
    wanted = _wanted(settings, details, truth, label)
    found, notes = [], []
    for number in wanted:
        name, positive, score = details.labels[number], truth[:, number], probabilities[:, number]
        if not positive.any() or positive.all():
            notes.append(ONE_SIDE.format(label=name))
            continue
        found.append(_of_label(settings, name, positive, score, threshold, judged.spec.seed))
    if label is None and len(wanted) < len(details.labels):
        notes.append(f"Curves of the {len(wanted)} most frequent of {len(details.labels)} labels (SHEETFORMER_CURVE_LABELS).")
    if found and (few := resampled_note("The ranges of the areas come from", len(truth), settings.resampled_rows)):
        notes.append(few)
    return Curves(
        roc=tuple(each[0] for each in found),
        precision_recall=tuple(each[1] for each in found),
        thresholds=tuple(each[2] for each in found),
        abstention=sure,
        notes=tuple(notes),
    )


def _one_against_rest(details: Coding | Marks, compared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which labels rows have, and their probabilities, of the rows that have all of them; ``[rows, labels]`` each."""
    assert details.probabilities is not None
    usable = compared & np.isfinite(details.probabilities).all(1)
    probabilities = details.probabilities[usable]
    if isinstance(details, Marks):
        return details.truth[usable], probabilities
    return details.truth[usable][:, None] == np.arange(probabilities.shape[1]), probabilities


def _wanted(settings: Settings, details: Coding | Marks, truth: np.ndarray, label: str | None) -> list[int]:
    known = details.labels[: truth.shape[1]]
    if label is not None:
        if label not in known:
            raise BadInput(f"one of the labels {', '.join(known)[:300]}", repr(label[:60]), "Choose one of these.")
        return [known.index(label)]
    order = np.argsort(-truth.sum(0), kind="stable")
    return order[: settings.curve_labels].tolist()


def _of_label(
    settings: Settings, label: str, positive: np.ndarray, score: np.ndarray, threshold: float | None, seed: int
) -> tuple[Curve, Curve, ThresholdCurve]:
    found = steps_of(positive, score)
    areas = label_areas(positive, score, np.random.default_rng(seed), settings.resampled_rows)
    shared = {"label": label, "positives": int(positive.sum()), "rows": len(positive)}
    made = []
    for points, area, base in ((roc(found), "roc_auc", 0.5), (precision_recall(found), "average_precision", float(positive.mean()))):
        x, y, thresholds = points
        kept = thinned(x, y, settings.curve_points)
        shown = tuple(float(value) if np.isfinite(value) else None for value in thresholds[kept])
        made.append(
            Curve(
                **shared, x=tuple(x[kept].tolist()), y=tuple(y[kept].tolist()), thresholds=shown, area=interval_of(areas[area]), base=base
            )
        )
    return made[0], made[1], _thresholds(settings, label, found, threshold)


def _thresholds(settings: Settings, label: str, found: Steps, asked: float | None) -> ThresholdCurve:
    """From the lowest threshold to the highest; the best one is among the points."""
    f1 = f1_of(found)
    best = int(np.nanargmax(f1))
    place = best if asked is None else _at_or_above(found.thresholds, asked)
    kept = np.unique(
        np.append(thinned(found.thresholds, np.nan_to_num(f1), settings.curve_points), [best, *([place] if place >= 0 else [])])
    )
    points = [_point(found, f1, at) for at in kept[::-1]]
    if place < 0:  # above every probability: no row is given the label
        points.append(ThresholdPoint(threshold=float(asked or 1.0), precision=None, recall=0.0, f1=0.0, predicted=0))
    chosen = len(points) - 1 if place < 0 else int(np.flatnonzero(kept[::-1] == place)[0])
    if asked is not None:
        points[chosen] = points[chosen].model_copy(update={"threshold": asked})
    return ThresholdCurve(label=label, points=tuple(points), chosen=chosen, sentence=_threshold_words(label, points[chosen], asked is None))


def _point(found: Steps, f1: np.ndarray, at: int) -> ThresholdPoint:
    predicted = int(found.hits[at] + found.alarms[at])
    return ThresholdPoint(
        threshold=float(found.thresholds[at]),
        precision=float(found.hits[at] / predicted) if predicted else None,
        recall=float(found.hits[at] / found.hits[-1]),
        f1=float(f1[at]),
        predicted=predicted,
    )


def _at_or_above(thresholds: np.ndarray, asked: float) -> int:
    """Place of the lowest threshold, of descending ones, that is not below ``asked``; -1 where all are below."""
    return int(np.searchsorted(-thresholds, -asked, side="right")) - 1


def _threshold_words(label: str, point: ThresholdPoint, best: bool) -> str:
    start = (
        f"F1 of {label} is best from probability {point.threshold:.3f} on" if best else f"{label} from probability {point.threshold:.3f} on"
    )
    precision = "no row is given it" if point.precision is None else f"precision {point.precision:.3f}"
    return f"{start}: {precision}, recall {point.recall or 0.0:.3f}, F1 {point.f1 or 0.0:.3f}, given to {point.predicted:,} rows."


def _abstention(settings: Settings, judged: Judged, asked: float | None) -> AbstentionCurve | None:
    if judged.right is None or judged.confidence is None:
        return None
    usable = judged.compared & np.isfinite(judged.confidence)
    if not usable.any():
        return None
    found = abstention(judged.right[usable] > 0, judged.confidence[usable])
    chosen = _at_or_above(found.thresholds, asked) if asked is not None else _half_the_errors(found)
    total = int(found.answered[-1])
    coverage = found.answered / total
    kept = np.unique(np.append(thinned(coverage, 1 - found.risk, settings.curve_points), max(chosen, 0)))[::-1]
    points = [
        AbstentionPoint(
            threshold=float(found.thresholds[at]),
            coverage=float(coverage[at]),
            accuracy=float(1 - found.risk[at]),
            rows=int(found.answered[at]),
            wrong=int(found.wrong[at]),
        )
        for at in kept
    ]
    if chosen < 0:  # above every confidence: no row is answered
        points.append(AbstentionPoint(threshold=float(asked or 1.0), coverage=0.0, accuracy=None, rows=0, wrong=0))
    place = len(points) - 1 if chosen < 0 else int(np.flatnonzero(kept == chosen)[0])
    return AbstentionCurve(points=tuple(points), chosen=place, area=risk_area(found), sentence=_abstention_words(points[place], points[0]))


def _half_the_errors(found: Abstention) -> int:
    """The largest coverage at which the share of errors is at most half of what it is over all rows; all rows where none is wrong."""
    low = np.flatnonzero(found.risk <= found.risk[-1] / 2)
    return int(low[-1]) if len(low) else len(found.risk) - 1


def _abstention_words(point: AbstentionPoint, every: AbstentionPoint) -> str:
    if point.rows == every.rows:
        return f"Over all {every.rows:,} rows accuracy is {every.accuracy:.3f}."
    if not point.rows:
        return (
            f"No row has a confidence of {point.threshold:.3f} or more: all {every.rows:,} would be left to people; "
            f"over all rows accuracy is {every.accuracy:.3f}."
        )
    return (
        f"Answering only from confidence {point.threshold:.3f} on covers {100 * point.coverage:.1f} % of the rows with accuracy "
        f"{point.accuracy:.3f}; over all rows it is {every.accuracy:.3f}. {every.rows - point.rows:,} rows would be left to people."
    )

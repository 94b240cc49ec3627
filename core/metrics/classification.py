"""How good the predictions of a classifier are, where the user has the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.metrics.counts import Margins, class_figures, confusion_counts, count_metrics, interval, margins, resampled_margins
from core.metrics.definitions import DEFINITIONS
from core.metrics.probabilities import probability_metrics
from core.metrics.resampling import RESAMPLED_ROWS

COUNT_METRICS = (
    "accuracy",
    "balanced_accuracy",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "precision_macro",
    "precision_micro",
    "precision_weighted",
    "recall_macro",
    "recall_micro",
    "recall_weighted",
    "mcc",
    "cohen_kappa",
)
PROBABILITY_METRICS = ("log_loss", "brier", "roc_auc", "average_precision")


def classification_metrics(
    truth: Sequence[str | None],
    prediction: Sequence[str | None],
    labels: Sequence[str],
    probabilities: np.ndarray | None = None,
    seed: int = 0,
) -> dict:
    """Metrics of single-label classification with 95 % intervals, equal to scikit-learn's where both are defined.

    Args:
        truth: the label of each row; ``None``, or a value that is no label, leaves the row out.
        prediction: likewise; ``None`` where the row failed or was skipped.
        labels: all labels, in the order of the columns of ``probabilities``; predicted ones that are not listed are added.
        probabilities: ``[rows, labels]``; rows with NaN are left out of the metrics that need them.
        seed: of the resampling: the same rows give the same intervals.

    Returns:
        ``metrics`` {name: {value, low, high, n}}, numbers ``None`` where not defined; ``per_class`` {label: {precision,
        recall, f1, support, predicted}}; ``confusion`` {labels, counts} with the truth in rows; ``notes``, sentences
        about how the numbers were found.
    """
    all_labels = _all_labels(labels, prediction)
    found = coded_metrics(_indices(truth, all_labels), _indices(prediction, all_labels), len(all_labels), probabilities, seed)
    return {
        "metrics": found.metrics,
        "per_class": _per_class(found.counts, all_labels),
        "confusion": {"labels": all_labels, "counts": found.counts.tolist()},
        "notes": found.notes,
    }


class CodedMetrics(NamedTuple):
    """``metrics`` {name: {value, low, high, n}}; ``per_class``: of each label precision, recall and f1 likewise; ``counts``: confusion."""

    metrics: dict[str, dict]
    per_class: list[dict[str, dict]]
    counts: np.ndarray
    notes: list[str]


def coded_metrics(
    truth: np.ndarray,
    prediction: np.ndarray,
    labels: int,
    probabilities: np.ndarray | None = None,
    seed: int = 0,
    *,
    limit: int = RESAMPLED_ROWS,
) -> CodedMetrics:
    """As :func:`classification_metrics`, of numbers of labels: a million rows need no million texts.

    Args:
        truth: int64 ``[rows]``, below ``labels``; -1 leaves the row out.
        prediction: likewise.
        probabilities: ``[rows, some]`` of the first ``some`` labels.
        limit: most rows that are resampled where the rows themselves must be.
    """
    compared = (truth >= 0) & (prediction >= 0)
    counts = confusion_counts(truth[compared], prediction[compared], labels)
    rng = np.random.default_rng(seed)
    notes: list[str] = []
    rows = int(counts.sum())
    resampled = resampled_margins(counts, rng) if rows else margins(counts)
    metrics = _from_counts(counts, resampled) if rows else {name: _figure(math.nan, None, None, 0) for name in COUNT_METRICS}
    if probabilities is not None:
        usable = compared & (truth < probabilities.shape[1]) & np.isfinite(probabilities).all(1)
        metrics |= _from_probabilities(truth[usable], np.asarray(probabilities)[usable], rng, notes, limit)
    ordered = {name: metrics[name] for name in DEFINITIONS if name in metrics}
    return CodedMetrics(ordered, class_figures(counts, resampled), counts, notes)


def _all_labels(labels: Sequence[str], prediction: Sequence[str | None]) -> list[str]:
    found = list(dict.fromkeys(labels))
    extra = {str(value) for value in pd.unique(pd.Series(prediction, dtype=object).dropna())} - set(found)
    return found + sorted(extra)


def _indices(values: Sequence[str | None], labels: list[str]) -> np.ndarray:
    """Index of each value among the labels, -1 where it is none of them. int64 ``[rows]``."""
    return pd.Index(labels, dtype=object).get_indexer(pd.Series(values, dtype=object)).astype(np.int64)


def _from_counts(counts: np.ndarray, resampled: Margins) -> dict[str, dict]:
    rows = int(counts.sum())
    drawn = count_metrics(resampled)
    figures = {}
    for name, value in count_metrics(margins(counts)).items():
        low, high = interval(name, float(value[0]), drawn[name], rows)
        figures[name] = _figure(float(value[0]), low, high, rows)
    return figures


def _from_probabilities(
    truth: np.ndarray, probabilities: np.ndarray, rng: np.random.Generator, notes: list[str], limit: int
) -> dict[str, dict]:
    rows, labels = probabilities.shape
    if rows == 0 or labels < 2:
        return {name: _figure(math.nan, None, None, rows) for name in PROBABILITY_METRICS}
    found, resampled = probability_metrics(truth, probabilities, rng, limit)
    if resampled < rows:
        notes.append(f"The intervals of log loss, Brier score and the areas come from {resampled:,} of the {rows:,} rows, drawn at random.")
    if found["roc_auc"][3] < rows:
        notes.append(f"ROC AUC and average precision come from {found['roc_auc'][3]:,} of the {rows:,} rows, drawn at random.")
    return {name: _figure(*figure) for name, figure in found.items()}


def _figure(value: float, low: float | None, high: float | None, rows: int) -> dict:
    defined = not math.isnan(value)
    return {"value": value if defined else None, "low": low if defined else None, "high": high if defined else None, "n": rows}


def _per_class(counts: np.ndarray, labels: list[str]) -> dict[str, dict]:
    hits, support, predicted = np.diag(counts), counts.sum(1), counts.sum(0)
    return {
        label: {
            "precision": _ratio(hits[i], predicted[i]),
            "recall": _ratio(hits[i], support[i]),
            "f1": _ratio(2 * hits[i], support[i] + predicted[i]),
            "support": int(support[i]),
            "predicted": int(predicted[i]),
        }
        for i, label in enumerate(labels)
    }


def _ratio(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None

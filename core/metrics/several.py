"""How good predictions of several labels a row are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from core.metrics.labels import match_labels
from core.metrics.resampling import figures_of_sums


def several_metrics(
    truth: Sequence[Collection[str] | None],
    prediction: Sequence[Collection[str] | None],
    labels: Sequence[str],
    label_map: Mapping[str, str],
    seed: int = 0,
) -> tuple[dict[str, Any], dict[str, int]]:
    """Metrics with 95 % intervals, equal to scikit-learn's for multi-label targets with ``zero_division=0``.

    Args:
        truth: labels of each row as the user spells them; ``None`` leaves the row out.
        prediction: labels as the model spells them; ``None`` where the row failed.
        labels: all labels of the model.
        label_map: the user's spelling to a label of the model, where they differ by more than case and white space.
        seed: of the resampling.

    Returns:
        ``metrics`` {name: {value, low, high, n}}, ``per_class`` {label: {precision, recall, f1, support, predicted}} and ``notes``;
        and how often a label of the user is none of the model's: these are left out.
    """
    kept = [row for row, (true, said) in enumerate(zip(truth, prediction, strict=True)) if true is not None and said is not None]
    counts = Counter(label for row in kept for label in truth[row])
    place, unmatched = _places(counts, labels, label_map)
    own = {label: number for number, label in enumerate(labels)}
    true = _marks([truth[row] for row in kept], place, len(labels))
    said = _marks([prediction[row] for row in kept], own, len(labels))
    table = np.column_stack([true & said, true, said, (true == said).all(axis=1), np.ones(len(kept))]).astype(np.float64)
    figures = figures_of_sums(table, lambda sums: _values(sums, len(labels)), seed)
    hits, support, predicted = (matrix.sum(axis=0).tolist() for matrix in (true & said, true, said))
    per_class = {
        label: {
            "precision": hits[number] / predicted[number] if predicted[number] else None,
            "recall": hits[number] / support[number] if support[number] else None,
            "f1": 2 * hits[number] / (support[number] + predicted[number]) if support[number] + predicted[number] else None,
            "support": support[number],
            "predicted": predicted[number],
        }
        for number, label in enumerate(labels)
    }
    return {"metrics": figures, "per_class": per_class, "notes": []}, unmatched


def _places(counts: Mapping[str, int], labels: Sequence[str], label_map: Mapping[str, str]) -> tuple[dict[str, int], dict[str, int]]:
    """Number of the model's label for each label of the user, and how often those occur that have none."""
    numbers, spellings = {label: number for number, label in enumerate(labels)}, list(counts)
    matched = match_labels(spellings, labels, label_map)
    places = {label: numbers[found] for label, found in zip(spellings, matched.truth, strict=True) if found is not None}
    lost: Counter[str] = Counter()
    for label in spellings:
        if label not in places and label.strip() in matched.unmatched:
            lost[label.strip()] += counts[label]
    return places, dict(lost.most_common())


def _marks(cells: Sequence[Collection[str]], place: Mapping[str, int], labels: int) -> np.ndarray:
    """bool ``[rows, labels]``: which labels each row has."""
    marks = np.zeros((len(cells), labels), bool)
    for row, found in enumerate(cells):
        marks[row, [place[label] for label in found if label in place]] = True
    return marks


def _values(sums: np.ndarray, labels: int) -> dict[str, np.ndarray]:
    """Every metric of sums ``[draws, 3 labels + 2]``: hits, true and predicted of each label, rows whose labels are all right, rows."""
    hits, true, said = (sums[:, start * labels : (start + 1) * labels] for start in range(3))
    with np.errstate(invalid="ignore", divide="ignore"):
        f1, precision, recall = 2 * hits / (true + said), hits / said, hits / true
        micro = 2 * hits.sum(1) / (true.sum(1) + said.sum(1))
        found = {
            "f1_micro": micro,
            "f1_macro": _mean(f1),
            "f1_weighted": (np.nan_to_num(f1) * true).sum(1) / true.sum(1),
            "precision_micro": hits.sum(1) / said.sum(1),
            "recall_micro": hits.sum(1) / true.sum(1),
            "precision_macro": _mean(precision),
            "recall_macro": _mean(recall),
        }
        found["same_labels"] = sums[:, -2] / sums[:, -1]
    return found


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the labels; what is undefined (0/0) counts as 0, as with scikit-learn's ``zero_division=0``."""
    return np.nan_to_num(values, nan=0.0).mean(axis=1)

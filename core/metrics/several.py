"""How good predictions of several labels a row are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from core.metrics.counts import share_figure
from core.metrics.labels import match_labels
from core.metrics.probabilities import marked_areas
from core.metrics.resampling import RESAMPLED_ROWS, figures_of_sums

F1_OF = "f1 of "
OF_ROWS = ("same_labels", "hamming_loss", "jaccard", "f1_rows")


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
    place, unmatched = label_places(counts, labels, label_map)
    own = {label: number for number, label in enumerate(labels)}
    true = label_marks([truth[row] for row in kept], place, len(labels))
    said = label_marks([prediction[row] for row in kept], own, len(labels))
    figures, classes = marked_metrics(true, said, seed=seed)
    per_class = {
        label: {name: figure["value"] for name, figure in found.items()}
        | {"support": int(true[:, number].sum()), "predicted": int(said[:, number].sum())}
        for number, (label, found) in enumerate(zip(labels, classes, strict=True))
    }
    return {"metrics": figures, "per_class": per_class, "notes": []}, unmatched


def marked_metrics(
    truth: np.ndarray,
    prediction: np.ndarray,
    probabilities: np.ndarray | None = None,
    seed: int = 0,
    *,
    limit: int = RESAMPLED_ROWS,
) -> tuple[dict[str, dict[str, Any]], list[dict[str, dict[str, Any]]]]:
    """As :func:`several_metrics`, of marks.

    Args:
        truth: which labels each row has, bool ``[rows, labels]``.
        prediction: which it was given.
        probabilities: of each label, ``[rows, labels]``; rows with NaN are left out of the areas.
        limit: most different rows that are resampled.

    Returns:
        ``{name: {value, low, high, n}}``; and of each label precision, recall and f1 likewise.
    """
    labels, rows = truth.shape[1], len(truth)
    hits = truth & prediction
    either = truth | prediction
    # A row without any label on either side counts as 0, as scikit-learn's zero_division=0 has it.
    jaccard = _share(hits.sum(1), either.sum(1))
    f1 = _share(2 * hits.sum(1), truth.sum(1) + prediction.sum(1))
    whole = [(truth == prediction).all(axis=1), (truth != prediction).mean(axis=1) if labels else np.zeros(rows), jaccard, f1]
    table = np.column_stack([hits, truth, prediction, *whole, np.ones(rows)]).astype(np.float64)
    named = figures_of_sums(table, lambda sums: _values(sums, labels) | _f1_of_each(sums, labels), seed, limit=limit)
    classes = [
        {
            "precision": share_figure(int(hits[:, number].sum()), int(prediction[:, number].sum())),
            "recall": share_figure(int(hits[:, number].sum()), int(truth[:, number].sum())),
            "f1": {**named.pop(f"{F1_OF}{number}"), "n": int(either[:, number].sum())},
        }
        for number in range(labels)
    ]
    if probabilities is not None:
        usable = np.isfinite(probabilities).all(1)
        named |= marked_areas(truth[usable], probabilities[usable], np.random.default_rng(seed), limit)
    return named, classes


def label_places(counts: Mapping[str, int], labels: Sequence[str], label_map: Mapping[str, str]) -> tuple[dict[str, int], dict[str, int]]:
    """Number of the model's label for each label of the user, and how often those occur that have none."""
    numbers, spellings = {label: number for number, label in enumerate(labels)}, list(counts)
    matched = match_labels(spellings, labels, label_map)
    places = {label: numbers[found] for label, found in zip(spellings, matched.truth, strict=True) if found is not None}
    lost: Counter[str] = Counter()
    for label in spellings:
        if label not in places and label.strip() in matched.unmatched:
            lost[label.strip()] += counts[label]
    return places, dict(lost.most_common())


def label_marks(cells: Sequence[Collection[str]], place: Mapping[str, int], labels: int) -> np.ndarray:
    """bool ``[rows, labels]``: which labels each row has."""
    marks = np.zeros((len(cells), labels), bool)
    for row, found in enumerate(cells):
        marks[row, [place[label] for label in found if label in place]] = True
    return marks


def _values(sums: np.ndarray, labels: int) -> dict[str, np.ndarray]:
    """Every metric of sums ``[draws, 3 labels + 5]``.

    Hits, true and predicted of each label; rows whose labels are all right; of each row the share of labels that are wrong, the Jaccard
    index and F1; rows.
    """
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
            "precision_weighted": (np.nan_to_num(precision) * true).sum(1) / true.sum(1),
            "recall_weighted": hits.sum(1) / true.sum(1),
        }
        for place, name in enumerate(OF_ROWS):
            found[name] = sums[:, 3 * labels + place] / sums[:, -1]
    return found


def _f1_of_each(sums: np.ndarray, labels: int) -> dict[str, np.ndarray]:
    """F1 of each label, by its number."""
    hits, true, said = (sums[:, start * labels : (start + 1) * labels] for start in range(3))
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = 2 * hits / (true + said)
    return {f"{F1_OF}{number}": f1[:, number] for number in range(labels)}


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the labels; what is undefined (0/0) counts as 0, as with scikit-learn's ``zero_division=0``."""
    return np.nan_to_num(values, nan=0.0).mean(axis=1)

"""Labels of the user that look wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from core.errors import BadInput
from core.evaluation.columns import Sheet
from core.evaluation.judging import judge
from core.evaluation.kinds.judged import Coding
from core.evaluation.results import EvaluationSpec, LabelError, LabelErrors
from core.metrics.label_noise import held_out_probabilities, label_suspects
from core.settings import Settings

FOLDS = 5
ONE_LABEL = "Label errors are looked for where each row has one label."
CANNOT = (
    "The model has learned from these very rows, so it agrees with their errors. Turn the texts into vectors (task feature-extraction) "
    "and name that run: then each row is judged by a model that has not seen it."
)
NO_SCORES = (
    "There are no probabilities of every label. Score again with all probabilities, or turn the texts into vectors "
    "(task feature-extraction) and name that run."
)
BY_SCORES = "The probabilities of this result"
BY_VECTORS = "Logistic regression on the vectors, each row judged by a model that learned from the other four fifths"
NOT_KNOWN = "Nobody knows whether the model has learned from these rows; where it has, it agrees with their errors and finds fewer."


def label_errors(
    settings: Settings, path: Path, spec: EvaluationSpec, features: tuple[Path, str] | None = None, limit: int = 100
) -> LabelErrors:
    """The compared rows whose label is probably wrong, by confident learning on probabilities out of sample; most suspicious first.

    Args:
        features: table and column with a vector for each row of the same table, such as the result of a feature-extraction run; each row
            is then judged by a model that has not seen it. Needed where the result's own model has learned from the rows.

    Raises:
        BadInput, NotFound: as for :func:`core.evaluation.evaluate`; or the vectors are not those of this table.
    """
    judged = judge(settings, path, spec)
    details = judged.details
    if not isinstance(details, Coding):
        return LabelErrors(why_not=ONE_LABEL)
    if features is not None:
        return _by_vectors(settings, details, judged.compared, _vectors(*features, judged.rows), judged.spec.seed, limit)
    if details.probabilities is None:
        return LabelErrors(why_not=NO_SCORES)
    if spec.out_of_sample is False:
        return LabelErrors(why_not=CANNOT)
    probabilities = details.probabilities
    rows = np.flatnonzero(judged.compared & (details.truth < probabilities.shape[1]) & np.isfinite(probabilities).all(1))
    notes = () if spec.out_of_sample else (NOT_KNOWN,)
    return _found(details.labels, details.truth[rows], probabilities[rows], rows, limit, BY_SCORES, notes)


def _by_vectors(settings: Settings, details: Coding, compared: np.ndarray, vectors: np.ndarray, seed: int, limit: int) -> LabelErrors:
    """By a small model of our own, cross-validated; labels with too few rows for that are left out."""
    counts = np.bincount(details.truth[compared], minlength=len(details.labels))
    enough = counts >= FOLDS
    rows = np.flatnonzero(compared & np.append(enough, False)[details.truth] & np.isfinite(vectors).all(1))
    notes = []
    if (counts[~enough] > 0).any():
        few = ", ".join(label for label, known in zip(details.labels, enough, strict=True) if not known)
        notes.append(f"Left out, with fewer than {FOLDS} rows each: {few[:300]}.")
    if len(rows) > settings.label_error_rows:
        notes.append(f"{settings.label_error_rows:,} of the {len(rows):,} rows, drawn at random (SHEETFORMER_LABEL_ERROR_ROWS).")
        rows = np.sort(np.random.default_rng(seed).choice(rows, settings.label_error_rows, replace=False))
    used, truth, kept = np.unique(details.truth[rows], return_inverse=True, return_counts=True)
    if len(used) < 2 or kept.min() < FOLDS:
        return LabelErrors(why_not=f"Two labels with at least {FOLDS} rows each are needed.")
    labels = tuple(details.labels[number] for number in used)
    return _found(labels, truth, held_out_probabilities(vectors[rows], truth, FOLDS, seed), rows, limit, BY_VECTORS, tuple(notes))


def _found(
    labels: tuple[str, ...], truth: np.ndarray, probabilities: np.ndarray, rows: np.ndarray, limit: int, method: str, notes: tuple[str, ...]
) -> LabelErrors:
    if not len(rows):
        return LabelErrors(why_not="No row could be compared.")
    places, suggested, losses = label_suspects(truth, probabilities)
    found = tuple(
        LabelError(
            row=int(rows[place]),
            label=labels[truth[place]],
            suggested=labels[other],
            probability=float(probabilities[place, truth[place]]),
            suggested_probability=float(probabilities[place, other]),
            loss=float(loss),
        )
        for place, other, loss in zip(places[:limit], suggested[:limit], losses[:limit], strict=True)
    )
    return LabelErrors(method=method, rows=found, found=len(places), checked=len(rows), notes=notes)


def _vectors(path: Path, name: str, rows: int) -> np.ndarray:
    """Vectors of a table, float64 ``[rows, width]``; NaN where a row has none.

    Raises:
        BadInput: the column holds no vectors, vectors of several lengths, or another number of rows.
    """
    sheet = Sheet.open(path)
    column = sheet.read([sheet.outputs.get(name, name)])[sheet.outputs.get(name, name)].combine_chunks()
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type) or pa.types.is_fixed_size_list(column.type)):
        raise BadInput("a column of vectors", f"{name!r} with {column.type}", "Choose the result of a feature-extraction run.")
    if len(column) != rows:
        raise BadInput(f"a vector for each of the {rows:,} rows", f"{len(column):,} rows", "Make the vectors of this very table.")
    lengths = {len(cell) for cell in column if cell.is_valid}
    if len(lengths) != 1:
        raise BadInput("vectors of one length", f"{len(lengths)} lengths", "Choose the result of one feature-extraction run.")
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    vectors = np.full((rows, lengths.pop()), np.nan)
    vectors[valid] = column.drop_null().flatten().to_numpy(zero_copy_only=False).reshape(int(valid.sum()), -1)
    return vectors

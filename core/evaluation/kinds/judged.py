"""What every kind of answers is turned into, so that slices, worst rows and comparisons need not know the kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.evaluation.results import ClassFigures, Confusion, EntityErrors, EvaluationSpec, Interval, LeftOut


@dataclass(frozen=True)
class Figures:
    """The figures of some rows."""

    metrics: Mapping[str, Mapping[str, Any]]
    per_class: tuple[ClassFigures, ...] = ()
    confusion: Confusion | None = None
    entity_errors: tuple[EntityErrors, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Coding:
    """Of one label a row: numbers of labels, -1 where there is none, and what models say of each label."""

    labels: tuple[str, ...]
    truth: np.ndarray
    prediction: np.ndarray
    probabilities: np.ndarray | None = None
    logits: np.ndarray | None = None


@dataclass(frozen=True)
class Marks:
    """Of several labels a row: bool ``[rows, labels]``; probabilities as in :class:`Coding`."""

    labels: tuple[str, ...]
    truth: np.ndarray
    prediction: np.ndarray
    probabilities: np.ndarray | None = None


@dataclass(frozen=True)
class Judged:
    """Every row of a table against the user's own answers.

    Args:
        spec: with everything that was found: problem, labels, probabilities.
        compared: rows that can be compared, bool ``[rows]``.
        left_out: why the others cannot.
        right: 1, 0, or NaN where a row is not compared, float64 ``[rows]``; ``None`` where answers are not right or wrong.
        loss: how wrong each row is, float64 ``[rows]``, NaN where it is not compared.
        measure: what the loss is, in words.
        scores: what paired tests compare: float64 ``[rows]``, or ``[rows, 3]`` (hits, found, true); NaN where not compared.
        figures: the figures of the rows at these positions; with ``brief`` only those that slices show.
        cells: truth and prediction of some rows as texts to show.
        confidence: top probability of each row, NaN where not known.
        details: what only some kinds have.
    """

    spec: EvaluationSpec
    compared: np.ndarray
    left_out: tuple[LeftOut, ...]
    right: np.ndarray | None
    loss: np.ndarray
    measure: str
    scores: Mapping[str, np.ndarray]
    figures: Callable[[np.ndarray, bool], Figures]
    cells: Callable[[np.ndarray], tuple[Sequence[str | None], Sequence[str | None]]]
    confidence: np.ndarray | None = None
    unmatched: Mapping[str, int] = field(default_factory=dict)
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    details: Coding | Marks | None = None

    @property
    def rows(self) -> int:
        return len(self.compared)


def interval_of(figure: Mapping[str, Any]) -> Interval:
    """``{value, low, high, n}`` of :mod:`core.metrics` as an object."""
    return Interval(value=figure["value"], low=figure["low"], high=figure["high"], n=figure["n"])


def left_out(*reasons: tuple[str, np.ndarray]) -> tuple[LeftOut, ...]:
    """Why rows are not compared: the first reason that holds counts.

    Args:
        reasons: a sentence and the rows that it is true of, bool ``[rows]``.
    """
    found: list[LeftOut] = []
    counted: np.ndarray | None = None
    for reason, rows in reasons:
        new = rows if counted is None else rows & ~counted
        counted = rows if counted is None else counted | rows
        if new.any():
            found.append(LeftOut(reason=reason, rows=int(np.count_nonzero(new))))
    return tuple(found)


def drawn(rows: np.ndarray, limit: int, seed: int) -> tuple[np.ndarray, str]:
    """Of the rows that are true at most ``limit``, drawn by chance, bool ``[rows]``; and a sentence where some are not among them."""
    places = np.flatnonzero(rows)
    if len(places) <= limit:
        return rows, ""
    kept = np.zeros(len(rows), bool)
    kept[np.random.default_rng(seed).choice(places, limit, replace=False)] = True
    return kept, f"The figures come from {limit:,} of the {len(places):,} rows, drawn at random (SHEETFORMER_SCORED_TEXTS)."


NOT_DRAWN = "Not among the rows that were drawn"

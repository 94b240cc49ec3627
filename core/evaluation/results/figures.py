"""Figures of a table: of all rows, of each label, of slices, of entities."""

from __future__ import annotations

from pydantic import Field

from core.evaluation.results.asked import EvaluationSpec, Frozen, Interval, LeftOut, Problem, RowsBehind


class ClassFigures(Frozen):
    """One label, or one type of entity."""

    label: str
    support: int = Field(description="How often the user has it.")
    predicted: int
    precision: Interval
    recall: Interval
    f1: Interval
    kinds: dict[str, int] = Field({}, description="Entities: strict correct, incorrect, missed, spurious of this type (nervaluate).")


class Confusion(Frozen):
    """``counts[i][j]``: rows whose truth is ``labels[i]`` and whose prediction is ``labels[j]``."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Slice(Frozen):
    """The rows with one value of a column. Without ``metrics``, ``note`` says "too few rows to tell"."""

    column: str
    value: str = Field(description="As shown; '' for blank cells, '12 to 40' for a range of numbers.")
    rows: int = Field(description="Compared rows.")
    metrics: dict[str, Interval] = Field({})
    note: str = ""
    behind: RowsBehind


class EntityErrors(Frozen):
    """Entities by kind of error under one scheme of nervaluate (strict, exact, partial, ent_type)."""

    scheme: str
    correct: int
    incorrect: int
    partial: int
    missed: int
    spurious: int
    precision: Interval
    recall: Interval
    f1: Interval


class Evaluation(Frozen):
    """How good the predictions of a table are."""

    problem: Problem
    rows: int
    compared: int
    left_out: tuple[LeftOut, ...]
    metrics: dict[str, Interval] = Field(description="By name; core.metrics.DEFINITIONS explains each.")
    per_class: tuple[ClassFigures, ...] = ()
    confusion: Confusion | None = None
    slices: tuple[Slice, ...] = ()
    entity_errors: tuple[EntityErrors, ...] = ()
    unmatched: dict[str, int] = Field({}, description="Values of the label column that are no label, most frequent first; left out.")
    spellings: dict[str, tuple[str, ...]] = Field({}, description="Label to the cells of the label column that mean it.")
    said: dict[str, tuple[str, ...]] = Field({}, description="Label to the cells of the prediction column that mean it.")
    spec: EvaluationSpec = Field(description="With what was found: problem, labels, probabilities.")
    notes: tuple[str, ...] = Field((), description="Sentences about how the numbers were found.")

"""Curves over thresholds."""

from __future__ import annotations

from pydantic import Field

from core.evaluation.results.asked import Frozen, Interval


class Curve(Frozen):
    """A curve of one label against the rest. ROC: x false positive rate, y true positive rate. PR: x recall, y precision."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    thresholds: tuple[float | None, ...] = Field(description="Lowest probability counted as the label at each point; None: no row is.")
    area: Interval = Field(description="ROC: area under it; PR: average precision.")
    base: float = Field(description="What guessing gives: 0.5 for ROC's area, the label's share for PR.")
    positives: int
    rows: int


class ThresholdPoint(Frozen):
    """Rows whose probability of the label is at least ``threshold`` are given it."""

    threshold: float
    precision: float | None
    recall: float | None
    f1: float | None
    predicted: int


class ThresholdCurve(Frozen):
    """Precision, recall and F1 of one label over thresholds."""

    label: str
    points: tuple[ThresholdPoint, ...]
    chosen: int = Field(description="Index of the operating point: as asked, else where F1 is best.")
    sentence: str


class AbstentionPoint(Frozen):
    """Only rows whose top probability is at least ``threshold`` are answered."""

    threshold: float
    coverage: float = Field(description="Share of the rows that are answered.")
    accuracy: float | None
    rows: int
    wrong: int


class AbstentionCurve(Frozen):
    """Accuracy over coverage, from all rows to the surest (El-Yaniv and Wiener 2010)."""

    points: tuple[AbstentionPoint, ...]
    chosen: int = Field(description="Index of the operating point: as asked, else the largest coverage that halves the errors.")
    area: float | None = Field(description="Mean share of errors over all coverages (area under the risk-coverage curve); lower is better.")
    sentence: str


class Curves(Frozen):
    """Curves of probabilities; empty with a sentence in ``why_not`` where there are no probabilities."""

    roc: tuple[Curve, ...] = ()
    precision_recall: tuple[Curve, ...] = ()
    thresholds: tuple[ThresholdCurve, ...] = ()
    abstention: AbstentionCurve | None = None
    notes: tuple[str, ...] = ()
    why_not: str = ""

"""One table beside another, and one result beside another."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.evaluation.results.asked import Frozen, Interval


class DriftFinding(Frozen):
    """One property of two tables beside each other, in words and numbers."""

    what: Literal["length", "vocabulary", "unseen", "prediction", "confidence", "label"]
    title: str
    sentence: str
    size: Literal["none", "small", "moderate", "large", "unknown"]
    test: str = Field(description="Name of the test statistic.")
    statistic: float | None
    p: float | None
    groups: tuple[str, ...] = Field((), description="Bins, words or labels to draw ...")
    train: tuple[float, ...] = Field((), description="... their shares in the first table ...")
    new: tuple[float, ...] = Field((), description="... and in the second.")


class Drift(Frozen):
    """How a new table differs from the one that the model learned from."""

    train_rows: int
    new_rows: int
    sentence: str
    findings: tuple[DriftFinding, ...]
    notes: tuple[str, ...] = ()


class ComparedResults(Frozen):
    """Two results on the same rows: ``second`` minus ``first`` in ``differences``."""

    rows: int = Field(description="Rows that both have an answer for.")
    compared: int = 0
    agreement: Interval | None = None
    both_right: int | None = None
    both_wrong: int | None = None
    fixed: int | None = Field(None, description="Wrong by the first, right by the second.")
    broken: int | None = None
    mcnemar: float | None = Field(None, description="p of McNemar's exact test.")
    differences: dict[str, Interval] = Field({})
    sentences: tuple[str, ...] = ()
    fixed_rows: tuple[int, ...] = Field((), description="Some of the rows, counted from 0, for a page to show.")
    broken_rows: tuple[int, ...] = ()
    why_not: str = ""

"""Rows to look at: the worst ones, and labels that look wrong."""

from __future__ import annotations

from pydantic import Field

from core.evaluation.results.asked import Frozen


class WorstRow(Frozen):
    """A row, counted from 0, that is badly wrong."""

    row: int
    truth: str
    prediction: str
    loss: float = Field(description="By 'measure' of the list; the larger the worse.")
    probability: float | None = Field(None, description="Of the truth.")
    confidence: float | None = Field(None, description="Of the prediction.")


class WorstRows(Frozen):
    """The worst rows, the worst first."""

    measure: str = Field(description="What orders them, in words.")
    rows: tuple[WorstRow, ...]
    wrong: int = Field(description="How many rows are wrong in all, where rows are right or wrong.")
    why_not: str = ""


class LabelError(Frozen):
    """A row, counted from 0, whose label by the user looks wrong."""

    row: int
    label: str
    suggested: str
    probability: float = Field(description="Of the label, by a model that has not seen the row.")
    suggested_probability: float
    loss: float = Field(description="Minus the natural logarithm of the label's probability.")


class LabelErrors(Frozen):
    """Rows whose labels look wrong, most suspicious first; or why nobody can tell."""

    method: str = ""
    rows: tuple[LabelError, ...] = ()
    found: int = Field(0, description="How many there are in all.")
    checked: int = 0
    notes: tuple[str, ...] = ()
    why_not: str = ""

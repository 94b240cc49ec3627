"""Confidence against accuracy, and what a temperature changes."""

from __future__ import annotations

from pydantic import Field

from core.evaluation.results.asked import Frozen, Interval, RowsBehind


class Bin(Frozen):
    """Rows whose top probability lies above ``low`` and up to ``high``."""

    low: float
    high: float
    rows: int
    confidence: float | None = Field(description="Mean top probability.")
    accuracy: Interval
    behind: RowsBehind


class Reliability(Frozen):
    """Confidence against accuracy, in bins of equal width and of equal mass."""

    width: tuple[Bin, ...]
    mass: tuple[Bin, ...]
    ece: Interval = Field(description="Expected calibration error over the bins of equal width.")
    ece_mass: Interval = Field(description="The same over bins with equally many rows.")
    gap: float | None = Field(description="Mean confidence minus accuracy: above 0 the model is too sure.")
    rows: int


class Temperature(Frozen):
    """A temperature fitted on one half of the rows, and what it does on the other half."""

    value: float
    fitted_rows: int
    shown_rows: int
    log_loss_before: Interval
    log_loss_after: Interval
    before: Reliability = Field(description="Of the half that the temperature was not fitted on.")
    after: Reliability
    from_logits: bool = Field(description="False: from logarithms of probabilities, which gives the same for a softmax.")
    sentence: str


class Calibration(Frozen):
    """How far probabilities can be believed; ``why_not`` where there are none."""

    reliability: Reliability | None = None
    temperature: Temperature | None = None
    formula: str = ""
    sentence: str = ""
    notes: tuple[str, ...] = ()
    why_not: str = ""

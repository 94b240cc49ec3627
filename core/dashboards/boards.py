"""A dashboard and its pins, as objects that are written as JSON."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.schema import new_id

ID = r"^[0-9a-f]{16}$"
TABLE = r"^[0-9a-f]{64}$"
FIGURES = MappingProxyType(
    {
        "answer": "Rows of each label",
        "confidence": "Confidence",
        "breakdown": "Breakdown by a column",
        "time": "Over time",
        "tiles": "Main figures",
        "intervals": "Figures with ranges",
        "confusion": "Confusion table",
        "learning": "Learning curve",
        "map": "Map of the texts",
        "figure": "One figure",
        "slices": "A figure by a column",
        "labels": "A figure of each label",
        "errors": "Entities by kind of error",
        "schemes": "Entities by way to compare",
        "threshold": "Threshold of a label",
        "roc": "ROC curves",
        "precision_recall": "Precision and recall",
        "abstention": "Leaving unsure rows to people",
        "reliability": "Reliability of the confidence",
        "drift": "Drift from another table",
        "importance": "What mattered in a search",
        "dial": "One dial of a search",
    }
)
"""What can be pinned, by its name in a pin."""


class Pin(BaseModel):
    """One chart of one run, or of whatever run is the newest of its kind.

    Attributes:
        run: id of the run; empty to follow the newest one with the same ``kind``, ``task`` and ``table``.
        column: of charts that are by a column.
        metric: name of a figure, or of a property that drifts, where the chart shows one.
        label: of charts that are of one label.
        dial: of charts that are of one dial.
        point: the probability or confidence of an operating point; ``None`` for the one that the chart proposes.
        against: SHA-256 of the table that drift is told from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=ID)
    figure: str
    run: str = Field("", pattern=rf"{ID}|^$")
    kind: Literal["predict", "finetune", "search"] = "predict"
    task: str = ""
    table: str = Field("", description="Name of the table that the run scored, as the user knows it.")
    column: str = ""
    metric: str = ""
    label: str = ""
    dial: str = ""
    point: float | None = Field(None, ge=0, le=1)
    against: str = Field("", pattern=rf"{TABLE}|^$")
    title: str = Field("", max_length=200)
    wide: bool = False


class Dashboard(BaseModel):
    """A page of pins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=ID)
    title: str = Field(min_length=1, max_length=200)
    notes: str = ""
    pins: tuple[Pin, ...] = ()
    token: str = Field("", description="Of the read-only link; empty while there is none.")
    changed: float = 0.0

    def moved(self, pin_id: str, by: int) -> Dashboard:
        """The same with one pin ``by`` places further down (up where negative), as far as there are places."""
        pins = list(self.pins)
        at = next(place for place, pin in enumerate(pins) if pin.id == pin_id)
        pin = pins.pop(at)
        pins.insert(max(0, min(len(pins), at + by)), pin)
        return self.model_copy(update={"pins": tuple(pins)})

    def without(self, pin_id: str) -> Dashboard:
        return self.model_copy(update={"pins": tuple(pin for pin in self.pins if pin.id != pin_id)})

    def with_pin(self, changed: Pin) -> Dashboard:
        """The same with a pin put in the place of the one with its id, or at the end."""
        if changed.id not in {pin.id for pin in self.pins}:
            return self.model_copy(update={"pins": (*self.pins, changed)})
        return self.model_copy(update={"pins": tuple(changed if pin.id == changed.id else pin for pin in self.pins)})


def new_pin(figure: str, **facts: object) -> Pin:
    """A pin with an id of its own."""
    return Pin.model_validate({"id": new_id(), "figure": figure, **facts})

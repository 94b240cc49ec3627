"""Which rows of a result to look at, as an object that fits in a URL."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

State = Literal["all", "scored", "failed", "skipped"]


class ColumnFilter(BaseModel):
    """A condition on one column. ``None`` among ``one_of`` stands for blank cells: empty or missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    one_of: tuple[str | None, ...] | None = None
    contains: str | None = Field(None, description="Text that the cell holds, in any case.")

    @model_validator(mode="after")
    def _says_something(self) -> ColumnFilter:
        if self.one_of is None and self.contains is None:
            raise ValueError("a column filter needs one_of or contains")
        return self


class ResultFilters(BaseModel):
    """All conditions hold together; without any, every row is meant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...] = Field((), description="Predictions to keep; none means all.")
    confidence: tuple[float, float] | None = Field(None, description="Lowest and highest confidence, both included.")
    columns: tuple[ColumnFilter, ...] = ()
    state: State = Field("all", description="Failed rows have an error; skipped ones had nothing to score.")
    filled: tuple[str, ...] = Field((), description="Outputs that must have a value, such as duplicate_of.")
    item_labels: tuple[str, ...] = Field((), description="Keep rows with an item of one of these labels, such as an entity of this type.")
    disagrees_with: str | None = Field(None, description="Label column: keep rows whose prediction differs from it.")

    def __bool__(self) -> bool:
        return self != ResultFilters()


class Sort(BaseModel):
    """Order of the rows. Blank cells come last in both directions; equal rows stay in the order of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    descending: bool = False

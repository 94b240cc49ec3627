"""Everything that decides a search over dials: which are turned, how their settings are chosen, and when it is enough."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

SearchMethod = Literal["grid", "random", "optuna"]


class Range(BaseModel):
    """All numbers between two, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: float
    high: float
    log: bool = Field(False, description="Whether each factor is as likely as the next, such as 1 to 10 and 10 to 100.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.low >= self.high:
            raise ValueError("the second number must be larger than the first")
        if self.log and self.low <= 0:
            raise ValueError("a range by factors begins above 0")
        return self


class Search(BaseModel):
    """Which dials are turned, how, and how often."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    space: dict[str, Range | tuple[JsonValue, ...]] = Field(min_length=1, description="Values, or a range, of each dial.")
    method: SearchMethod = Field("random", description="All combinations, some drawn by chance, or what Optuna makes of those before.")
    trials: int = Field(12, ge=1, description="Most fine-tunes.")
    minutes: float | None = Field(None, gt=0, description="No fine-tune is begun that would not end within so many minutes of work.")

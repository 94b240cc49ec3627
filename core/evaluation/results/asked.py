"""What an evaluation is asked, and the figure that every answer is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Problem = Literal["single", "multi", "regression", "entities", "answers", "texts", "perplexity"]


class Frozen(BaseModel):
    """An object that does not change once it is made, and that refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EvaluationSpec(Frozen):
    """Which columns of a table are predictions and which the user's own answers."""

    task: str = "text-classification"
    columns: dict[str, str] = Field(
        description="Column of each part: prediction, label; where they are there also confidence, text, question, context, tokens, "
        "entities, surprisal (minus log-probability of a row), token_count, prompt, scored_with (the prompt that a surprisal is of), "
        "id (pairs the rows of two tables)."
    )
    slices: tuple[str, ...] = Field((), description="Columns whose values the figures are broken down by.")
    probabilities: dict[str, str] = Field({}, description="Label to column with its probability; found from p_<label> columns where empty.")
    logits: dict[str, str] = Field({}, description="Label to column with its logit; found from logit_<label> columns where empty.")
    labels: tuple[str, ...] = Field((), description="All labels, in the order to show; found in the columns where empty.")
    label_map: dict[str, str] = Field({}, description="Value of the label column to label, where they differ by more than case and space.")
    problem: Problem | None = Field(None, description="What kind of answers these are; found from task and cells where not said.")
    separator: str = Field("", description="Between several labels in one cell; a run of ours writes '; '.")
    out_of_sample: bool | None = Field(None, description="Whether the model has not learned from these rows; None where nobody knows.")
    only: dict[str, tuple[str | None, ...]] = Field({}, description="Column to the cells that rows must have to count; None for no cell.")
    rows_are: str = Field("", description="Which rows these are: their split, and what the model knows of them; in words.")
    seed: int = 0


class Interval(Frozen):
    """A figure with its 95 % interval over ``n`` rows; ``None`` for what is not defined."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int


class LeftOut(Frozen):
    """Rows that no figure counts, and why, as a sentence that needs no row count ("No label in the cell")."""

    reason: str
    rows: int


class RowsBehind(Frozen):
    """The rows behind a number; every condition that is given holds. ``rows_behind`` and ``as_filters`` turn it into rows."""

    truth: str | None = Field(None, description="Rows with this label by the user.")
    prediction: str | None = Field(None, description="Rows with this prediction.")
    column: str | None = Field(None, description="A slice: this column ...")
    value: str | None = Field(None, description="... has this value; '' for blank cells.")
    between: tuple[float, float] | None = Field(
        None, description="... or, in a column of numbers, lies here; the upper bound belongs to it."
    )
    confidence: tuple[float, float] | None = Field(None, description="Rows whose top probability lies here; the lower bound is left out.")
    right: bool | None = Field(None, description="Rows that are right, or wrong.")

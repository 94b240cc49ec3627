"""What an evaluation is asked, and the numbers that it gives: plain frozen objects that pages, charts and the command line share."""

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
        "entities, surprise (minus log-probability of a row), token_count, id (pairs the rows of two tables)."
    )
    slices: tuple[str, ...] = Field((), description="Columns whose values the figures are broken down by.")
    probabilities: dict[str, str] = Field({}, description="Label to column with its probability; found from p_<label> columns where empty.")
    logits: dict[str, str] = Field({}, description="Label to column with its logit; found from logit_<label> columns where empty.")
    labels: tuple[str, ...] = Field((), description="All labels, in the order to show; found in the columns where empty.")
    label_map: dict[str, str] = Field({}, description="Value of the label column to label, where they differ by more than case and space.")
    problem: Problem | None = Field(None, description="What kind of answers these are; found from task and cells where not said.")
    separator: str = Field("", description="Between several labels in one cell; a run of ours writes '; '.")
    out_of_sample: bool | None = Field(None, description="Whether the model has not learned from these rows; None where nobody knows.")
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
    metrics: dict[str, Interval] = {}
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
    differences: dict[str, Interval] = {}
    sentences: tuple[str, ...] = ()
    fixed_rows: tuple[int, ...] = Field((), description="Some of the rows, counted from 0, for a page to show.")
    broken_rows: tuple[int, ...] = ()
    why_not: str = ""

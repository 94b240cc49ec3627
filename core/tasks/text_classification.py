"""text-classification: a label for each text or pair of texts, several labels, or one number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from core.schema import Role
from core.tasks.base import GROUP, ID, TIME, Encoded, Measured, Outputs, RoleUse, Task, TaskModel
from core.tasks.encoding import encode_texts
from core.tasks.labels import SEPARATOR, answers, label_columns, scores_of
from core.tasks.network import call


class TextClassificationOptions(BaseModel):
    """What a user may set for this task, with ``--set name=value`` or on the page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    function: Literal["auto", "softmax", "sigmoid", "none"] = Field(
        "auto", description="From logits to scores; auto does as the model's config says."
    )
    threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Multi-label models: a label is predicted from this probability on. Empty: the model's own for each label, else 0.5.",
    )
    temperature: Literal["saved", "off"] = Field(
        "saved",
        description="Probabilities of a model that was saved with a temperature: rescaled by it, or as the weights give them. "
        "Labels are the same either way.",
    )
    logits: bool = Field(False, description="Add a column with each label's logit, divided by the temperature that is applied.")
    all_probabilities: bool = Field(False, description="A probability column for every label, however many there are.")
    max_length: int | None = Field(None, ge=8, description="Cut texts to this many tokens; the model's own limit where empty.")


class TextClassification(Task):
    """Single label (softmax), multi-label (sigmoid and threshold), regression (one number) or one score (sigmoid)."""

    name = "text-classification"
    title = "Text classification"
    purpose = "Give each text a label: sentiment, topic, intent."
    roles = (
        RoleUse(Role.TEXT, True, "The text to classify."),
        RoleUse(Role.TEXT_PAIR, False, "A second text, for models that compare two; where it is empty, the first is scored alone."),
        RoleUse(Role.LABEL, False, "Your own label of each row, to measure how often the model agrees.", content=False, truth=True),
        GROUP,
        TIME,
        ID,
    )
    Options = TextClassificationOptions
    auto_class = "AutoModelForSequenceClassification"
    metric_names = (
        "accuracy",
        "balanced_accuracy",
        "f1_macro",
        "f1_micro",
        "f1_weighted",
        "precision_macro",
        "precision_micro",
        "precision_weighted",
        "recall_macro",
        "recall_micro",
        "recall_weighted",
        "same_labels",
        "hamming_loss",
        "jaccard",
        "f1_rows",
        "mcc",
        "cohen_kappa",
        "log_loss",
        "brier",
        "roc_auc",
        "average_precision",
        "r2",
        "mae",
        "rmse",
        "pearson",
        "spearman",
    )
    charts = ("label_counts", "confidence_histogram", "breakdown", "over_time", "confusion")

    def labels(self, declared: tuple[str, ...], options: TextClassificationOptions) -> tuple[str, ...]:
        return declared

    def problem(self, config: Any, options: TextClassificationOptions) -> str:
        """As transformers' pipeline decides.

        ``single`` (one of several labels), ``multi`` (any of them), ``regression`` (one number), ``score`` (one output without a problem
        type: a probability) or ``raw`` (several outputs of a regression, or ``function="none"``: the largest one's label, no function).
        """
        if options.function != "auto":
            one = len(config.id2label) == 1
            return {"softmax": "single", "sigmoid": "score" if one else "multi", "none": "regression" if one else "raw"}[options.function]
        declared = getattr(config, "problem_type", None)
        if declared == "regression":
            return "regression" if config.num_labels == 1 else "raw"
        if config.num_labels == 1:
            return "score"
        return "multi" if declared == "multi_label_classification" else "single"

    def encode(self, model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
        return encode_texts(model.tokenizer, cells[Role.TEXT], cells.get(Role.TEXT_PAIR), max_length=model.cut_at, accepted=model.accepted)

    def forward(self, model: TaskModel, inputs: dict[str, np.ndarray]) -> Outputs:
        return call(model.network, inputs).logits.float().cpu().numpy()

    def decode(self, model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
        logits = np.stack([items[0] for items in outputs]).astype(np.float64) / temperature_for(model)
        options = model.options
        scores = scores_of(logits, model.problem)
        columns = answers(scores, model, threshold=thresholds_for(model), every=options.all_probabilities)
        if options.logits:
            columns |= {name: pa.array(logits[:, index]) for index, name in enumerate(label_columns("logit_", model.labels))}
        return columns

    def output_columns(self, model: TaskModel) -> pa.Schema:
        columns = self.decode(model, [np.zeros((1, len(model.labels)), np.float32)], np.zeros(1, np.int64), _NOTHING)
        return pa.schema([(name, values.type) for name, values in columns.items()])

    def agreement(self, one: dict[str, pa.Array], other: dict[str, pa.Array]) -> tuple[np.ndarray, np.ndarray]:
        if "confidence" in one or not len(one["prediction"]):
            return super().agreement(one, other)
        first, second = (np.asarray(columns["prediction"].to_numpy(zero_copy_only=False), float) for columns in (one, other))
        # A number: equal where it moved less than a hundredth of the spread of the answers.
        change = np.abs(first - second) / max(float(np.ptp(first)), 1e-6)
        return change <= 0.01, change

    def measure(self, model: TaskModel, truth: Mapping[Role, list[str | None]], results: pa.Table, label_map: dict[str, str]) -> Measured:
        if Role.LABEL not in truth:
            return Measured({}, {})
        if model.problem == "multi":
            return _measure_several(model, truth[Role.LABEL], results["prediction"].to_pylist(), label_map)
        if model.problem == "regression":
            return _measure_numbers(model, truth[Role.LABEL], results["prediction"].to_pylist())
        return _measure_one(model, truth[Role.LABEL], results, label_map) if model.problem == "single" else Measured({}, {})


def _measure_one(model: TaskModel, truth: Sequence[str | None], results: pa.Table, label_map: dict[str, str]) -> Measured:
    from core.metrics import classification_metrics, match_labels

    match = match_labels(truth, list(model.labels), label_map)
    names = label_columns("p_", model.labels)
    complete = all(name in results.column_names for name in names)
    probabilities = np.column_stack([results[name].to_numpy() for name in names]) if complete and len(results) else None
    found = classification_metrics(match.truth, results["prediction"].to_pylist(), list(model.labels), probabilities, seed=model.seed)
    return Measured(found, match.unmatched)


def _measure_several(model: TaskModel, truth: Sequence[str | None], said: Sequence[str | None], label_map: dict[str, str]) -> Measured:
    """A cell of the user is a list, or labels with semicolons between them."""
    from core.metrics.label_cells import read_cell
    from core.metrics.several import several_metrics

    true = [read_cell(cell, SEPARATOR.strip()).labels for cell in truth]
    given = [None if cell is None else [label for label in cell.split(SEPARATOR) if label] for cell in said]
    return Measured(*several_metrics(true, given, model.labels, label_map, seed=model.seed))


def _measure_numbers(model: TaskModel, truth: Sequence[str | None], said: Sequence[float | None]) -> Measured:
    from core.metrics.label_cells import number_in
    from core.metrics.numbers import number_metrics

    return Measured(number_metrics([number_in((cell or "").strip()) for cell in truth], said, seed=model.seed), {})


def thresholds_for(model: TaskModel) -> float | np.ndarray:
    """From which probability on a label is predicted: what the user set, else the model's own for each label, else one half."""
    chosen = model.options.threshold
    if chosen is not None:
        return chosen
    return np.array(model.thresholds) if model.thresholds else 0.5


def temperature_for(model: TaskModel) -> float:
    """By which logits are divided: what the model was saved with, where it gives one label a row and the user wants it; else 1."""
    return model.temperature if model.problem == "single" and model.options.temperature == "saved" else 1.0


_NOTHING = Encoded({}, np.empty(0, np.int64), 0, np.empty(0, np.int64), np.empty(0, np.int64), {})

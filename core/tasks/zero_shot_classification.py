"""zero-shot-classification: labels of the user's own, without training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.schema import Role
from core.tasks.base import GROUP, ID, TIME, Encoded, Measured, Outputs, RoleUse, Task, TaskModel
from core.tasks.encoding import encode_texts
from core.tasks.labels import answers, scores_of
from core.tasks.network import call
from core.tasks.options import Names
from core.tasks.text_classification import TextClassification
from core.tasks.vectors.pooling import pooled, vectors_of

PLACE = "{}"
NLI_TEMPLATE = "This example is {}."
SCALE = 20.0
"""Cosines are multiplied by this before the softmax: the scale of the loss that the embedded backbone was trained with
(MultipleNegativesRankingLoss of sentence-transformers)."""


class ZeroShotOptions(BaseModel):
    """What a user may set for this task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: Names = Field((), validate_default=True, description="Your labels, with commas between them.")
    multi_label: bool = Field(False, description="Any number of labels may fit a text; else exactly one does.")
    hypothesis_template: str = Field(
        "",
        description="The sentence that is compared with the text; {} is the label. "
        f"Empty: {NLI_TEMPLATE!r}; on an embedding model the label alone.",
    )
    threshold: float = Field(0.5, ge=0, le=1, description="With several labels: a label is predicted from this score on.")
    all_probabilities: bool = Field(False, description="A probability column for every label, however many there are.")
    max_length: int | None = Field(None, ge=8, description="Cut texts to this many tokens; the model's own limit where empty.")

    @field_validator("labels")
    @classmethod
    def _some(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if not labels:
            raise ValueError("name at least one label")
        return labels

    @field_validator("hypothesis_template")
    @classmethod
    def _has_place(cls, template: str) -> str:
        if template and template.count(PLACE) != 1:
            raise ValueError("write {} once, where the label should stand")
        return template


class ZeroShotClassification(Task):
    """With an NLI model each label becomes a hypothesis whose entailment is scored; with an embedding model texts and labels are
    compared by cosine.

    NLI as in Yin et al. 2019 (https://arxiv.org/abs/1909.00161) and transformers' pipeline: softmax of the entailment logits over the
    labels, or, where several labels may fit, of entailment against contradiction for each label. On embeddings the scores are the
    softmax of ``SCALE`` times the cosines, or, where several may fit, the cosines themselves, not below 0.
    """

    name = "zero-shot-classification"
    title = "Your own labels"
    purpose = "Give each text one of your own labels, without training."
    roles = (
        RoleUse(Role.TEXT, True, "The text to classify."),
        RoleUse(Role.LABEL, False, "Your own label of each row, to measure how often the model agrees.", content=False, truth=True),
        GROUP,
        TIME,
        ID,
    )
    Options = ZeroShotOptions
    auto_class = "AutoModelForSequenceClassification"
    metric_names = TextClassification.metric_names
    charts = TextClassification.charts

    def auto_class_for(self, model_tasks: Sequence[str]) -> str:
        return "AutoModel" if "text-classification" not in model_tasks and "feature-extraction" in model_tasks else self.auto_class

    def labels(self, declared: tuple[str, ...], options: ZeroShotOptions) -> tuple[str, ...]:
        return options.labels

    def problem(self, config: Any, options: ZeroShotOptions) -> str:
        """``single`` (exactly one label) or ``multi`` (any of them)."""
        return "multi" if options.multi_label or len(options.labels) == 1 else "single"

    def encode(self, model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
        texts = cells[Role.TEXT]
        sentences = hypotheses(model)
        if entailment(model.network.config) is None:
            encoded = encode_texts(model.tokenizer, texts, None, max_length=model.cut_at, accepted=model.accepted)
            encoded.extra["labels"] = vectors_of(model, sentences, model.cut_at)
            return encoded
        count = len(sentences)
        repeated = [text for text in texts for _ in sentences]
        pairs = encode_texts(
            model.tokenizer, repeated, sentences * len(texts), max_length=model.cut_at, accepted=model.accepted, truncation="only_first"
        )
        return Encoded(
            inputs=pairs.inputs,
            row=np.repeat(np.arange(len(texts)), count),
            rows=len(texts),
            lost=pairs.lost.reshape(-1, count).max(axis=1),
            unknown=pairs.unknown.reshape(-1, count).max(axis=1),
            padding=pairs.padding,
            has_padding=pairs.has_padding,
        )

    def forward(self, model: TaskModel, inputs: dict[str, np.ndarray]) -> Outputs:
        """For NLI float32 ``[items, 2]``, contradiction and entailment; else vectors ``[items, width]``."""
        entailed = entailment(model.network.config)
        if entailed is None:
            return pooled(model.network, inputs, "mean", normalise=True)
        # As the pipeline has it: the first label, or the last one where the first means entailment.
        return call(model.network, inputs).logits[:, [-1 if entailed == 0 else 0, entailed]].float().cpu().numpy()

    def decode(self, model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
        options = model.options
        given = np.stack([np.stack(items) for items in outputs]).astype(np.float64)
        several = model.problem == "multi"
        if "labels" in encoded.extra:
            cosines = given[:, 0] @ encoded.extra["labels"].astype(np.float64).T
            scores = np.clip(cosines, 0, 1) if several else scores_of(SCALE * cosines, "single")
        else:
            scores = scores_of(given[..., 1] - given[..., 0], "multi") if several else scores_of(given[..., 1], "single")
        return answers(scores, model, threshold=options.threshold, every=options.all_probabilities)

    def output_columns(self, model: TaskModel) -> pa.Schema:
        columns = answers(np.zeros((1, len(model.labels))), model, threshold=0.5, every=model.options.all_probabilities)
        return pa.schema([(name, values.type) for name, values in columns.items()])

    def measure(self, model: TaskModel, truth: Mapping[Role, list[str | None]], results: pa.Table, label_map: dict[str, str]) -> Measured:
        return TextClassification().measure(model, truth, results, label_map)


def hypotheses(model: TaskModel) -> list[str]:
    """The sentence that stands for each label."""
    # On 400 messages of banking77 and the embedded backbone the label alone was right for 57 %, in the sentence for 54 %.
    usual = PLACE if entailment(model.network.config) is None else NLI_TEMPLATE
    template = model.options.hypothesis_template or usual
    return [template.replace(PLACE, label) for label in model.options.labels]


def entailment(config: Any) -> int | None:
    """Number of the label that means entailment, found as transformers' pipeline finds it; ``None`` for a model without one."""
    labels = getattr(config, "label2id", None) or {}
    return next((index for label, index in labels.items() if str(label).lower().startswith("entail")), None)

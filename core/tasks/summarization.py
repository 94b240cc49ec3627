"""summarization: a short text for each long one, written by a model or made of the text's own sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, Field

from core.schema import Role
from core.tasks.base import Encoded, Outputs, RoleUse, TaskModel
from core.tasks.encoding import encode_texts
from core.tasks.text2text_generation import Text2TextGeneration, Text2TextOptions
from core.tasks.vectors.pooling import pooled
from core.tasks.writing.extractive import METHOD, central_sentences
from core.tasks.writing.generation import WRITING_ROLES, target_columns, target_fields
from core.tasks.writing.sentences import sentence_spans

WRITTEN, EXTRACTIVE = "written", "extractive"


class SummarizationOptions(Text2TextOptions):
    """What a user may set for this task."""

    sentences: int = Field(3, ge=1, le=100, description="Models that cannot write: how many sentences of the text make its summary.")


class Summarization(Text2TextGeneration):
    """A sequence-to-sequence model writes the summary; an encoder chooses central sentences of the text, and ``method`` says so."""

    name = "summarization"
    title = "Summaries"
    purpose = "Say each long text in short."
    roles = (RoleUse(Role.TEXT, True, "The text to summarise."), *WRITING_ROLES)
    Options = SummarizationOptions

    def auto_class_for(self, model_tasks: Sequence[str]) -> str:
        return "AutoModel" if "feature-extraction" in model_tasks and "text2text-generation" not in model_tasks else self.auto_class

    def problem(self, config: Any, options: BaseModel) -> str:
        """``written`` or ``extractive``."""
        return WRITTEN if getattr(config, "is_encoder_decoder", False) else EXTRACTIVE

    def encode(self, model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
        return encode_sentences(model, cells) if model.problem == EXTRACTIVE else super().encode(model, cells)

    def forward(self, model: TaskModel, inputs: dict[str, np.ndarray]) -> Outputs:
        """Of an encoder a vector for each sentence."""
        return pooled(model.network, inputs, "mean", normalise=True) if model.problem == EXTRACTIVE else super().forward(model, inputs)

    def decode(self, model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
        if model.problem != EXTRACTIVE:
            return super().decode(model, outputs, rows, encoded)
        summaries = []
        for row, vectors in zip(rows, outputs, strict=True):
            sentences = encoded.extra["sentences"][row]
            summaries.append(" ".join(sentences[place] for place in central_sentences(np.stack(vectors), model.options.sentences)))
        columns = {"prediction": pa.array(summaries, pa.string()), "method": pa.array([METHOD] * len(summaries), pa.string())}
        return columns | target_columns(model, summaries, rows, encoded)

    def output_columns(self, model: TaskModel) -> pa.Schema:
        if model.problem != EXTRACTIVE:
            return super().output_columns(model)
        return pa.schema([("prediction", pa.string()), ("method", pa.string()), *target_fields(model)])


def encode_sentences(model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
    """One item for each sentence; tokens lost and unknown are counted for the whole text."""
    sentences = [[text[start:end] for start, end in sentence_spans(text)] or [text] for text in cells[Role.TEXT]]
    row = np.repeat(np.arange(len(sentences)), [len(parts) for parts in sentences])
    every = [part for own in sentences for part in own]
    parts = encode_texts(model.tokenizer, every, None, max_length=model.cut_at, accepted=model.accepted)
    lost, unknown = (np.bincount(row, weights=counts, minlength=len(sentences)).astype(np.int64) for counts in (parts.lost, parts.unknown))
    return replace(
        parts, row=row, rows=len(sentences), lost=lost, unknown=unknown, extra={"sentences": sentences, "targets": cells.get(Role.TARGET)}
    )

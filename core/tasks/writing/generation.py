"""What the tasks that write texts share: options, how a model is asked, and the columns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from core.schema import Role
from core.tasks.base import GROUP, ID, TIME, Encoded, Measured, Outputs, RoleUse, Task, TaskModel
from core.tasks.writing.decoding import Decoding, Written, write

TARGET = RoleUse(Role.TARGET, False, "Your own text for each row, to measure how close the model comes.", truth=True)
WRITING_ROLES = (TARGET, GROUP, TIME, ID)
WRITING_METRICS = ("rouge_1", "rouge_2", "rouge_l", "bleu", "chrf", "exact_text")
SCORE_COLUMNS = ("rouge_1", "rouge_2", "rouge_l", "chrf")
MOST_NEW_TOKENS = 10_000
SEQUENCES = pa.list_(pa.struct([("text", pa.string()), ("score", pa.float64())]))
OWN = "the model's own setting where empty"


class GenerationOptions(BaseModel):
    """What a user may set for every task that writes texts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_new_tokens: int | None = Field(None, ge=1, le=MOST_NEW_TOKENS, description=f"Most tokens of an answer; {OWN}.")
    min_new_tokens: int | None = Field(None, ge=0, le=MOST_NEW_TOKENS, description=f"Least tokens of an answer; {OWN}.")
    do_sample: bool = Field(False, description="Draw the tokens at random instead of taking the likeliest.")
    temperature: float | None = Field(None, gt=0, le=100, description=f"When drawing: below 1 more careful, above 1 more varied; {OWN}.")
    top_p: float | None = Field(None, gt=0, le=1, description=f"When drawing: only the likeliest tokens that reach this share; {OWN}.")
    top_k: int | None = Field(None, ge=0, description=f"When drawing: only this many of the likeliest tokens, 0 for all; {OWN}, else 50.")
    seed: int = Field(0, ge=0, lt=2**63, description="Of the draws: the same seed gives the same texts.")
    num_beams: int | None = Field(None, ge=1, le=64, description=f"Answers followed at once, of which the best is kept; {OWN}, else 1.")
    length_penalty: float | None = Field(None, description=f"With beams: above 0 prefers longer answers, below 0 shorter ones; {OWN}.")
    no_repeat_ngram_size: int | None = Field(None, ge=0, description=f"No run of this many tokens occurs twice, 0 for any; {OWN}.")
    num_return_sequences: int = Field(1, ge=1, le=64, description="Answers for each row; more than one come with their scores.")
    max_length: int | None = Field(None, ge=8, description="Cut texts to this many tokens; the model's own limit where empty.")

    @field_validator("num_beams")
    @classmethod
    def _no_drawn_beams(cls, beams: int | None, info: ValidationInfo) -> int | None:
        if info.data.get("do_sample") and (beams or 1) > 1:
            raise ValueError("draws need num_beams=1: take either do_sample or beams")
        return beams

    @field_validator("num_return_sequences")
    @classmethod
    def _enough_beams(cls, count: int, info: ValidationInfo) -> int:
        beams = info.data.get("num_beams")
        if count > 1 and not info.data.get("do_sample") and beams is not None and beams < count:
            raise ValueError(f"{count} answers need at least {count} beams, or do_sample=true")
        return count


def decoding_of(model: TaskModel, *, specific: Mapping[str, Any], usual_new: int) -> Decoding:
    """How a model writes: the user's option, else what the model's files say for the task, else what they say in general.

    Args:
        specific: the entry of the config's ``task_specific_params``.
        usual_new: most new tokens where nobody says.
    """
    options, own = model.options, model.network.generation_config

    def first(name: str) -> Any:
        chosen = getattr(options, name)
        return next((value for value in (chosen, specific.get(name), getattr(own, name, None)) if value is not None), None)

    beams = 1 if options.do_sample else max(int(first("num_beams") or 1), options.num_return_sequences)
    names = ["no_repeat_ngram_size"]
    names += ["temperature", "top_p", "top_k"] if options.do_sample else []
    names += ["length_penalty"] if beams > 1 else []
    more: dict[str, Any] = {} if options.do_sample else dict.fromkeys(("temperature", "top_p", "top_k", "min_p", "typical_p"))
    more |= {name: value for name in names if (value := first(name)) is not None}
    if beams > 1 and "early_stopping" in specific:
        more["early_stopping"] = specific["early_stopping"]
    return Decoding(
        max_new=max_new_tokens(model, specific, usual_new),
        min_new=next((least for least in (options.min_new_tokens, _least(specific), own.min_new_tokens) if least is not None), None),
        beams=beams,
        sequences=options.num_return_sequences,
        sample=options.do_sample,
        seed=options.seed + model.seed,
        more=more,
    )


def max_new_tokens(model: TaskModel, specific: Mapping[str, Any], usual: int) -> int:
    """Most new tokens: a decoder shares its length with the prompt and gets at most half of it."""
    own, config = model.network.generation_config, model.network.config
    if config.is_encoder_decoder:
        total = specific.get("max_length") or own.max_length  # the start token counts there
        wanted = model.options.max_new_tokens or own.max_new_tokens or (total - 1 if total and total > 1 else usual)
        return min(wanted, getattr(config, "max_position_embeddings", None) or wanted)
    wanted = model.options.max_new_tokens or specific.get("max_new_tokens") or own.max_new_tokens or usual
    return max(1, min(wanted, model.max_length // 2))


def _least(specific: Mapping[str, Any]) -> int | None:
    least = specific.get("min_length")
    return max(int(least) - 1, 0) if least is not None else None


class WritingTask(Task):
    """A task whose answer is a text that a model writes.

    ``confidence`` is the exponential of the mean log-probability that the model gives to the tokens of its answer, the ending one
    included: how sure it was of each token on the (geometric) average, not how good the text is. It is null where nothing was written.
    """

    usual_new = 128
    metric_names = WRITING_METRICS
    charts = ("confidence_histogram",)
    counted = ""

    @abstractmethod
    def decoding(self, model: TaskModel) -> Decoding:
        """How the model writes under the options of the run."""

    def text(self, model: TaskModel, encoded: Encoded, row: int, written: Written) -> str:
        """The answer as text."""
        return model.tokenizer.decode(written.ids.tolist(), skip_special_tokens=True)

    def ends(self, model: TaskModel) -> Callable[[list[int]], bool] | None:
        """Whether an answer is over, beside the model's own ending tokens."""
        return None

    def forward(self, model: TaskModel, inputs: dict[str, np.ndarray]) -> Outputs:
        return write(model.network, inputs, self.decoding(model), ends=self.ends(model))

    def with_cost(self, model: TaskModel, encoded: Encoded, targets: list[str] | None) -> dict[str, Any]:
        """What encoding adds for every writing task: tokens that generation takes of a batch, and the user's own texts.

        Every beam holds the whole text and what is written, until the end.
        """
        how = self.decoding(model)
        extra = {**encoded.extra, "targets": targets} if targets is not None else encoded.extra
        return {"cost": (encoded.lengths + how.max_new) * max(how.beams, how.sequences), "extra": extra}

    def decode(self, model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
        answers: list[tuple[Written, ...]] = [items[0] for items in outputs]
        texts = [[self.text(model, encoded, int(row), one) for one in found] for row, found in zip(rows, answers, strict=True)]
        first = [found[0] for found in answers]
        columns = {
            "prediction": pa.array([found[0] for found in texts], pa.string()),
            "confidence": pa.array([confidence(one) for one in first], pa.float64()),
            "output_tokens": pa.array([len(one.ids) for one in first], pa.int64()),
        }
        if model.options.num_return_sequences > 1:
            pairs = [
                [{"text": text, "score": score_of(one)} for text, one in zip(found, ones, strict=True)]
                for found, ones in zip(texts, answers, strict=True)
            ]
            columns["sequences"] = pa.array(pairs, SEQUENCES)
        return columns | target_columns(model, [found[0] for found in texts], rows, encoded)

    def output_columns(self, model: TaskModel) -> pa.Schema:
        fields = [("prediction", pa.string()), ("confidence", pa.float64()), ("output_tokens", pa.int64())]
        fields += [("sequences", SEQUENCES)] if model.options.num_return_sequences > 1 else []
        return pa.schema(fields + target_fields(model))

    def agreement(self, one: dict[str, pa.Array], other: dict[str, pa.Array]) -> tuple[np.ndarray, np.ndarray]:
        same, change = super().agreement(one, other)
        return same, np.nan_to_num(change)

    def measure(self, model: TaskModel, truth: Mapping[Role, list[str | None]], results: pa.Table, label_map: dict[str, str]) -> Measured:
        from core.metrics.texts import text_metrics

        if Role.TARGET not in truth:
            return Measured({}, {})
        rows = {name: results[name].to_numpy() for name in SCORE_COLUMNS if name in results.column_names}
        return Measured(text_metrics(results["prediction"].to_pylist(), truth[Role.TARGET], rows, seed=model.seed), {})


def confidence(written: Written) -> float | None:
    """Geometric mean of the tokens' probabilities; ``None`` where there is no token."""
    return float(np.exp(written.logprobs.astype(np.float64).mean())) if len(written.ids) else None


def score_of(written: Written) -> float | None:
    """The score by which beam search ranks; of greedy and drawn answers the mean log-probability of their tokens."""
    if written.score is not None:
        return written.score
    return float(written.logprobs.astype(np.float64).mean()) if len(written.ids) else None


def target_columns(model: TaskModel, predictions: list[str], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
    """The scores of each row against the user's own text, where the run has a column of these."""
    if Role.TARGET not in model.given:
        return {}
    from core.metrics.texts import text_scores

    scores = text_scores(predictions, [encoded.extra["targets"][row] for row in rows])
    return {name: pa.array(scores[name], pa.float64(), from_pandas=True) for name in SCORE_COLUMNS}


def target_fields(model: TaskModel) -> list[tuple[str, pa.DataType]]:
    """Names and types of :func:`target_columns`."""
    return [(name, pa.float64()) for name in SCORE_COLUMNS] if Role.TARGET in model.given else []

"""question-answering: the stretch of a text that answers a question, with its place, or that there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from core.models import longest_answer_of
from core.schema import Role
from core.tasks.base import GROUP, ID, TIME, Content, Encoded, Measured, Outputs, RoleUse, Task, TaskModel
from core.tasks.network import call
from core.tasks.spans.answer_spans import Span, best_answers, first_numbers, read_window
from core.tasks.spans.question_windows import encode_questions
from core.tasks.spans.windows import NOWHERE, items_of

ANSWER = pa.struct(
    [
        ("text", pa.string()),
        ("score", pa.float64()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("start_logit", pa.float64()),
        ("end_logit", pa.float64()),
    ]
)
"""``start`` and ``end`` count characters of the context from 0, ``end`` is after the last one; null for "no answer"."""

LONGEST, USUAL_LONGEST = 1_000, 30  # tokens of an answer


class QuestionAnsweringOptions(BaseModel):
    """What a user may set for this task, with ``--set name=value`` or on the page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question_text: str = Field("", description="One question for every row that has none of its own.")
    n_best: int = Field(3, ge=1, le=100, description="How many answers to list for each row.")
    max_answer_length: int | None = Field(
        None, ge=1, le=LONGEST, description="Longest answer, in tokens. Empty: what the model was tuned for, else 30."
    )
    whole_words: bool = Field(False, description="Widen answers that begin or end inside a word to the whole word.")
    handle_no_answer: bool = Field(False, description="Let the model say that the text has no answer; the answer is empty then.")
    no_answer_threshold: float = Field(
        0.0, description="How much likelier than the best answer (difference of logits) no answer must be; higher gives more answers."
    )
    stride: int = Field(128, ge=0, description="Long texts are read in windows that share this many tokens, less than half of one.")
    max_length: int | None = Field(
        None, ge=32, description="Tokens of one window, question included; 384 or the model's own limit where empty."
    )


class QuestionAnswering(Task):
    """Answers read out of a text. The score of an answer is defined in :func:`core.tasks.spans.answer_spans.best_answers`."""

    name = "question-answering"
    title = "Question answering"
    purpose = "Find the answer to a question in each text."
    roles = (
        RoleUse(Role.QUESTION, True, "The question of each row.", unless="question_text"),
        RoleUse(Role.CONTEXT, True, "The text to find the answer in."),
        RoleUse(
            Role.ANSWER,
            False,
            "Your own answer, or a list of right ones, to measure how often the model agrees.",
            content=False,
            truth=True,
        ),
        GROUP,
        TIME,
        ID,
    )
    Options = QuestionAnsweringOptions
    auto_class = "AutoModelForQuestionAnswering"
    metric_names = ("exact_match", "answer_f1", "exact_match_answerable", "answer_f1_answerable", "no_answer_accuracy")
    charts = ("confidence_histogram",)
    counted = ""

    def content(self, roles: Mapping[Role, str], options: QuestionAnsweringOptions) -> tuple[Content, ...]:
        return tuple(
            Content(content.name, content.column, not (content.name == Role.QUESTION and options.question_text.strip()))
            for content in super().content(roles, options)
        )

    def encode(self, model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
        contexts = cells[Role.CONTEXT]
        asked, usual = cells.get(Role.QUESTION, [""] * len(contexts)), model.options.question_text
        return encode_questions(model, [question if question.strip() else usual for question in asked], contexts)

    def forward(self, model: TaskModel, inputs: dict[str, np.ndarray]) -> Outputs:
        """For each item float32 ``[2, tokens]``: start and end logits."""
        output = call(model.network, inputs)
        logits = np.stack([side.float().cpu().numpy() for side in (output.start_logits, output.end_logits)], axis=1)
        mask = inputs.get("attention_mask")
        return [np.ascontiguousarray(item if mask is None else item[:, mask[number] > 0]) for number, item in enumerate(logits)]

    def decode(self, model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
        answers, nothing = [], []
        for row, items, of_row in zip(rows, items_of(encoded, rows), outputs, strict=True):
            found, none = _answers(model, encoded, encoded.extra["contexts"][row], items, of_row)
            answers.append(found)
            nothing.append(none)
        return _columns(answers, nothing)

    def output_columns(self, model: TaskModel) -> pa.Schema:
        return pa.schema([(name, values.type) for name, values in _columns([], []).items()])

    def measure(self, model: TaskModel, truth: Mapping[Role, list[str | None]], results: pa.Table, label_map: dict[str, str]) -> Measured:
        from core.metrics.answers import answer_metrics, read_answers

        if Role.ANSWER not in truth:
            return Measured({}, {})
        right = [read_answers(cell, blank_is_none=model.options.handle_no_answer) for cell in truth[Role.ANSWER]]
        return Measured(answer_metrics(right, results["prediction"].to_pylist(), seed=model.seed), {})


def longest_answer(model: TaskModel) -> int:
    """Tokens of the longest answer: what the user set, else what a fine-tune noted in the model's config."""
    if model.options.max_answer_length:
        return model.options.max_answer_length
    noted = longest_answer_of(getattr(model.network, "config", None))
    return noted if noted and noted <= LONGEST else USUAL_LONGEST


def _answers(model: TaskModel, encoded: Encoded, context: str, items: Sequence[int], outputs: Outputs) -> tuple[list[Span], Span]:
    """The answers of a row, the one to give first, and "no answer"."""
    options, extra = model.options, encoded.extra
    places = [(extra["start"][item], extra["end"][item]) for item in items]
    counts = [int((begins != NOWHERE).sum()) for begins, _ in places]
    numbers = first_numbers(counts, extra["stride"], from_the_end=extra["from_the_end"])
    windows = [
        read_window(logits, begins, ends, int(extra["null"][item]), number)
        for item, logits, (begins, ends), number in zip(items, outputs, places, numbers, strict=True)
    ]
    found, nothing = best_answers(context, windows, most=options.n_best, longest=longest_answer(model))
    if not options.handle_no_answer:
        return found or [nothing], nothing
    bar = nothing.logit - options.no_answer_threshold
    place = sum(span.logit >= bar for span in found)
    return [*found[:place], nothing, *found[place:]][: options.n_best], nothing


def _columns(answers: list[list[Span]], nothing: list[Span]) -> dict[str, pa.Array]:
    best = [found[0] for found in answers]
    values = [span for found in answers for span in found]
    fields = list(zip(*values, strict=True)) or [()] * ANSWER.num_fields
    spans = pa.StructArray.from_arrays(
        [pa.array(column, field.type) for column, field in zip(fields, ANSWER, strict=True)], fields=list(ANSWER)
    )
    ends = np.cumsum([0, *(len(found) for found in answers)])
    return {
        "prediction": pa.array([span.text for span in best], pa.string()),
        "confidence": pa.array([span.score for span in best], pa.float64()),
        "start": pa.array([span.start for span in best], pa.int32()),
        "end": pa.array([span.end for span in best], pa.int32()),
        "answers": pa.ListArray.from_arrays(pa.array(ends, pa.int32()), spans),
        "no_answer_score": pa.array([span.score for span in nothing], pa.float64()),
    }

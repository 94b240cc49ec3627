"""The view of question answering: start and end logits over the context, the likeliest spans, and why others are no answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel

from core.inference.loading import Loaded
from core.inspect import row
from core.inspect.spans import Candidate, Seen, candidates, matrix_of, seen_window, wanted_span
from core.schema import LookSpec, Role
from core.settings import Settings
from core.tasks import Encoded
from core.tasks.question_answering import longest_answer
from core.tasks.spans.answer_spans import first_numbers
from core.tasks.spans.windows import NOWHERE


class SpanMatrix(BaseModel):
    """Likely first tokens against likely last tokens, both as numbers of tokens of the context, in reading order.

    Args:
        sums: ``[starts, ends]``; start logit plus end logit, the largest over the windows that hold both.
        reasons: ``[starts, ends]``; why a span cannot be an answer, "" where it can.
        texts: ``[starts, ends]``; what the span says.
    """

    starts: list[int]
    ends: list[int]
    sums: list[list[float]]
    reasons: list[list[str]]
    texts: list[list[str]]


class AnswerScores(BaseModel):
    """What a model says of a question and its context.

    Args:
        tokens: of the context, each once, as the text has them.
        start: where each begins in the context, in characters.
        end: after its last character.
        start_logits: to be the first of the answer; of several windows the largest.
        end_logits: to be the last.
        answers: the answers of the run's options, likeliest first: text, score, start, end, start_logit, end_logit.
        no_answer_score: probability that there is none.
        no_answer_logit: sum of the logits of "no answer".
        matrix: spans against each other.
        candidates: the spans with the highest sums, answers or not, highest first.
        wanted: the span that was asked for, if one was.
        longest: most tokens of an answer.
        windows: overlapping stretches in which the context was read.
        lost: tokens of the question that were cut.
    """

    tokens: list[str]
    start: list[int]
    end: list[int]
    start_logits: list[float]
    end_logits: list[float]
    answers: list[dict[str, str | float | int | None]]
    no_answer_score: float
    no_answer_logit: float
    matrix: SpanMatrix
    candidates: list[Candidate]
    wanted: Candidate | None
    longest: int
    windows: int
    lost: int


def answers(settings: Settings, loaded: Loaded, look: LookSpec, *, wanted: str = "") -> AnswerScores:
    """Logits of every token of the context and what follows from them.

    Args:
        wanted: a stretch of the context: how far is it from being the answer?

    Raises:
        LimitReached, BadInput: as :func:`core.inspect.row.encode`.
    """
    encoded = row.encode(settings, loaded, [look.cells])
    outputs = row.outputs(loaded, encoded)
    context, longest = look.cells[Role.CONTEXT], longest_answer(loaded.model)
    windows = _windows(loaded, encoded, outputs)
    columns = loaded.task.decode(loaded.model, [outputs], np.zeros(1, np.int64), encoded)
    numbers, places, logits = _once(windows)
    null = min((float(output[0][at]) + float(output[1][at]) for output, at in zip(outputs, encoded.extra["null"], strict=True)))
    return AnswerScores(
        tokens=[context[begin:end] for begin, end in places],
        start=[begin for begin, _ in places],
        end=[end for _, end in places],
        start_logits=logits[0].tolist(),
        end_logits=logits[1].tolist(),
        answers=columns["answers"].to_pylist()[0],
        no_answer_score=columns["no_answer_score"][0].as_py(),
        no_answer_logit=null,
        matrix=SpanMatrix(**matrix_of(context, windows, logits, numbers, longest)),
        candidates=candidates(context, windows, longest),
        wanted=wanted_span(context, windows, longest, wanted) if wanted.strip() else None,
        longest=longest,
        windows=len(windows),
        lost=int(encoded.lost[0]),
    )


def _windows(loaded: Loaded, encoded: Encoded, outputs: Sequence[np.ndarray]) -> list[Seen]:
    extra = encoded.extra
    counts = [int((extra["start"][item] != NOWHERE).sum()) for item in range(len(outputs))]
    numbers = first_numbers(counts, extra["stride"], from_the_end=extra["from_the_end"])
    ids = encoded.inputs["input_ids"]
    pieces = [loaded.model.tokenizer.convert_ids_to_tokens(ids[item].tolist()) for item in range(len(outputs))]
    return [
        seen_window(output.astype(np.float64), extra["start"][item], extra["end"][item], number - min(numbers), pieces[item])
        for item, (output, number) in enumerate(zip(outputs, numbers, strict=True))
    ]


def _once(windows: Sequence[Seen]) -> tuple[np.ndarray, list[tuple[int, int]], np.ndarray]:
    """The tokens of the context, each once: their numbers, their places, and their largest logits ``[2, tokens]``."""
    numbers = np.unique(np.concatenate([window.number[window.inside] for window in windows]))
    logits = np.full((2, len(numbers)), -np.inf)
    places: dict[int, tuple[int, int]] = {}
    for window in windows:
        at = np.searchsorted(numbers, window.number[window.inside])
        for side in (0, 1):
            np.maximum.at(logits[side], at, window.logits[side][window.inside])
        begins, ends = window.begins[window.inside].tolist(), window.ends[window.inside].tolist()
        places.update(zip(window.number[window.inside].tolist(), zip(begins, ends, strict=True), strict=True))
    return numbers, [places[number] for number in numbers.tolist()], logits

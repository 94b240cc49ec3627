"""How right the answers of each row are, as the task counts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from core import tasks
from core.metrics import match_labels
from core.metrics.answers import answer_f1, exact_match, read_answers
from core.metrics.entities import entity_counts
from core.metrics.label_cells import number_in
from core.schema import PredictSpec, Role
from core.tasks.options import split_names
from core.tasks.spans.word_lists import read_words
from core.training.outcome.right import labels_right


@dataclass(frozen=True)
class Scored:
    """Rows against the user's own answers.

    Args:
        right: 1 or 0 for each row, NaN where the user says nothing of it; ``None`` where answers are not right or wrong, as numbers are.
        scores: name of a figure to what it sums up over rows: float64 ``[rows]`` for a mean, ``[rows, 3]`` (hits, found, true) for F1.
    """

    right: np.ndarray | None = None
    scores: dict[str, np.ndarray] = field(default_factory=dict)


def score_rows(
    spec: PredictSpec,
    noted: Mapping[str, Any],
    cells: Mapping[Role, list[str | None]],
    outputs: Mapping[str, Any],
    label_map: Mapping[str, str],
) -> Scored:
    """Scores the rows of a predict run.

    Args:
        noted: the run's ``choices.json``: labels and problem of its model.
        cells: the user's own answers and what else they are read with, by role.
        outputs: columns of the result by the task's names.
    """
    prediction = outputs["prediction"].to_pylist()
    if Role.LABEL in cells:
        return score_labels(prediction, cells[Role.LABEL], noted.get("problem", ""), labels=noted.get("labels", ()), label_map=label_map)
    options = tasks.get(spec.task).Options.model_validate(spec.options)
    if Role.TAGS in cells and "entities" in outputs:
        return _score_entities(options, noted, cells, outputs["entities"].to_pylist(), label_map)
    if Role.ANSWER in cells:
        return _score_answers(prediction, cells[Role.ANSWER], blank_is_none=getattr(options, "handle_no_answer", False))
    if Role.TARGET in cells:
        return _score_texts(prediction, cells[Role.TARGET], outputs.get("rouge_l"))
    return Scored()


def score_labels(
    prediction: Sequence[Any],
    truth: Sequence[str | None],
    problem: str,
    *,
    labels: Sequence[str] = (),
    label_map: Mapping[str, str] | None = None,
    separator: str = "",
) -> Scored:
    """Scores labels, sets of labels or numbers.

    Args:
        problem: the head's kind in the task's words, see :class:`core.tasks.TaskModel`.
        labels: of the model; without them truth and prediction are in the same words.
        label_map: value of the user to label of the model.
        separator: between several labels in a cell of the user.
    """
    if problem in ("regression", "score"):
        numbers = [None if cell is None else number_in(cell.strip()) for cell in truth]
        errors = [np.nan if number is None else abs(float(said) - number) for said, number in zip(prediction, numbers, strict=True)]
        return Scored(None, {"absolute_error": np.array(errors, float)})
    known = match_labels(truth, labels, label_map).truth if labels and problem != "multi" else truth
    right = labels_right(known, prediction, problem, separator)
    return Scored(right, {"same_labels" if problem == "multi" else "accuracy": right})


def _score_entities(
    options: Any, noted: Mapping[str, Any], cells: Mapping[Role, list[str | None]], found: list[list[dict]], label_map: Mapping[str, str]
) -> Scored:
    """Entities by words and type; a row is right where it has exactly the user's."""
    if options.aggregation == "none" or any(entity["first_word"] is None for row in found for entity in row):
        return Scored()
    listed = Role.TOKENS in cells
    words = [len(read_words(cell or "") if listed else (cell or "").split()) for cell in cells[Role.TOKENS if listed else Role.TEXT]]
    tags = [read_words(cell) if cell and cell.strip() else None for cell in cells[Role.TAGS]]
    predicted = [[(entity["label"], entity["first_word"], entity["last_word"]) for entity in row] for row in found]
    left_out = dict.fromkeys(split_names(options.ignore_labels), "")
    counts = entity_counts(tags, predicted, words, noted.get("labels", ()), {**left_out, **label_map})
    right = np.where(np.isnan(counts[:, 0]), np.nan, (counts[:, :1] == counts[:, 1:]).all(1))
    return Scored(right, {"entity_f1": counts})


def _score_answers(prediction: Sequence[str], truth: Sequence[str | None], *, blank_is_none: bool) -> Scored:
    """As the SQuAD evaluation counts; a row is right where the answer is exactly one of the user's."""
    right = [read_answers(cell, blank_is_none=blank_is_none) for cell in truth]
    exact = np.array([np.nan if cell is None else exact_match(said, cell) for cell, said in zip(right, prediction, strict=True)], float)
    f1 = np.array([np.nan if cell is None else answer_f1(said, cell) for cell, said in zip(right, prediction, strict=True)], float)
    return Scored(exact, {"exact_match": exact, "answer_f1": f1})


def _score_texts(prediction: Sequence[str], truth: Sequence[str | None], rouge: pa.ChunkedArray | None) -> Scored:
    """A written text is right where it is exactly the user's; ROUGE-L as the run has counted it."""
    right = _shares([cell.strip() == said.strip() if cell and cell.strip() else None for cell, said in zip(truth, prediction, strict=True)])
    scores = {"exact_text": right}
    if rouge is not None:
        scores["rouge_l"] = rouge.to_numpy().astype(float)
    return Scored(right, scores)


def _shares(right: Sequence[bool | None]) -> np.ndarray:
    """1, 0 and NaN for right, wrong and unknown."""
    return np.array([np.nan if each is None else float(each) for each in right], float)

"""How right the answers of each row are, as the task counts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel

from core.metrics import DEFINITIONS, match_labels
from core.metrics.answers import answer_f1, exact_match, read_answers
from core.metrics.entities import entity_counts
from core.metrics.label_cells import number_in, read_cell
from core.schema import Role
from core.tasks.labels import SEPARATOR
from core.tasks.options import split_names
from core.tasks.spans.word_lists import read_words

NUMBERS = ("regression", "score")
"""Kinds of heads, in the words of :class:`core.tasks.TaskModel`, whose answers are numbers: neither right nor wrong, only near or far."""

LOWER_IS_BETTER = frozenset(
    {"absolute_error", "surprisal", *(name for name, definition in DEFINITIONS.items() if definition.better == "lower")}
)
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Scored:
    """Rows against the user's own answers.

    Args:
        right: 1 or 0 for each row, NaN where the user says nothing of it; ``None`` where answers are not right or wrong, as numbers are.
        scores: name of a figure to what it sums up over rows: float64 ``[rows]`` for a mean, ``[rows, 3]`` (hits, found, true) for F1.
    """

    right: np.ndarray | None = None
    scores: dict[str, np.ndarray] = field(default_factory=dict)

    def take(self, places: np.ndarray) -> Scored:
        """Some of the rows."""
        right = None if self.right is None else self.right[places]
        return Scored(right, {name: values[places] for name, values in self.scores.items()})


def score_rows(
    options: BaseModel,
    cells: Mapping[Role, Sequence[str | None]],
    outputs: Mapping[str, Any],
    *,
    labels: Sequence[str] = (),
    problem: str = "",
    label_map: Mapping[str, str] = NOTHING,
) -> Scored:
    """Scores rows of any task.

    Args:
        options: of the task, as its own type.
        cells: the user's own answers and what else they are read with, by role.
        outputs: columns of the result by the task's names.
        labels: of the model.
        problem: the head's kind in the task's words, see :class:`core.tasks.TaskModel`.
        label_map: value of the user to label of the model.
    """
    prediction = outputs["prediction"].to_pylist()
    if Role.LABEL in cells:
        return score_labels(prediction, cells[Role.LABEL], problem, labels=labels, label_map=label_map)
    if Role.TAGS in cells and "entities" in outputs:
        return _score_entities(options, cells, outputs["entities"].to_pylist(), labels, label_map)
    if Role.ANSWER in cells:
        return _score_answers(prediction, cells[Role.ANSWER], blank_is_none=getattr(options, "handle_no_answer", False))
    if Role.TARGET in cells:
        return _score_texts(prediction, cells[Role.TARGET], outputs)
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
    if problem in NUMBERS:
        numbers = [None if cell is None else number_in(cell.strip()) for cell in truth]
        errors = [np.nan if number is None else abs(float(said) - number) for said, number in zip(prediction, numbers, strict=True)]
        return Scored(None, {"absolute_error": np.array(errors, float)})
    known = match_labels(truth, labels, label_map).truth if labels and problem != "multi" else truth
    right = labels_right(known, prediction, problem, separator)
    return Scored(right, {"same_labels" if problem == "multi" else "accuracy": right})


def labels_right(truth: Sequence[str | None], prediction: Sequence[str], problem: str, separator: str = "") -> np.ndarray:
    """1 where a label is the true one, or where several are exactly the true ones; else 0. NaN where the truth is not known.

    Args:
        truth: labels as the model says them; cells as the user wrote them where a row may have several.
        problem: ``multi`` where a row may have several.
        separator: between several labels in a cell.
    """
    if problem == "multi":
        true = [None if (labels := read_cell(cell, separator or SEPARATOR.strip()).labels) is None else set(labels) for cell in truth]
        said = [set(filter(None, cell.split(SEPARATOR))) for cell in prediction]
        pairs = zip(true, said, strict=True)
    else:
        pairs = zip(truth, prediction, strict=True)
    return np.array([np.nan if true is None else float(true == said) for true, said in pairs], float)


def _score_entities(
    options: Any, cells: Mapping[Role, Sequence[str | None]], found: list[list[dict]], labels: Sequence[str], label_map: Mapping[str, str]
) -> Scored:
    """Entities by words and type; a row is right where it has exactly the user's."""
    if options.aggregation == "none" or any(entity["first_word"] is None for row in found for entity in row):
        return Scored()
    words = [len(row) for row in words_of(cells)]
    tags = [read_words(cell) if cell and cell.strip() else None for cell in cells[Role.TAGS]]
    predicted = [[(entity["label"], entity["first_word"], entity["last_word"]) for entity in row] for row in found]
    left_out = dict.fromkeys(split_names(options.ignore_labels), "")
    counts = entity_counts(tags, predicted, words, labels, {**left_out, **label_map})
    right = np.where(np.isnan(counts[:, 0]), np.nan, (counts[:, :1] == counts[:, 1:]).all(1))
    return Scored(right, {"entity_f1": counts})


def words_of(cells: Mapping[Role, Sequence[str | None]]) -> list[list[str]]:
    """The words of each row that tags are counted by: of a list, or what white space separates."""
    if Role.TOKENS in cells:
        return [list(read_words(cell or "")) for cell in cells[Role.TOKENS]]
    return [(cell or "").split() for cell in cells[Role.TEXT]]


def _score_answers(prediction: Sequence[str], truth: Sequence[str | None], *, blank_is_none: bool) -> Scored:
    """As the SQuAD evaluation counts; a row is right where the answer is exactly one of the user's."""
    right = [read_answers(cell, blank_is_none=blank_is_none) for cell in truth]
    exact = np.array([np.nan if cell is None else exact_match(said, cell) for cell, said in zip(right, prediction, strict=True)], float)
    f1 = np.array([np.nan if cell is None else answer_f1(said, cell) for cell, said in zip(right, prediction, strict=True)], float)
    return Scored(exact, {"exact_match": exact, "answer_f1": f1})


def _score_texts(prediction: Sequence[str], truth: Sequence[str | None], outputs: Mapping[str, Any]) -> Scored:
    """A written text is right where it is exactly the user's; ROUGE-L as the run has counted it."""
    right = [float(cell.strip() == said.strip()) if cell and cell.strip() else np.nan for cell, said in zip(truth, prediction, strict=True)]
    scores = {"exact_text": np.array(right, float)}
    if "rouge_l" in outputs:
        scores["rouge_l"] = _numbers(outputs["rouge_l"])
    return Scored(scores["exact_text"], scores)


def _numbers(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """float64 ``[rows]``, NaN where there is none."""
    return np.array([np.nan if value is None else value for value in column.to_pylist()], float)

"""What the tasks that can be tuned learn, in the words of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Words:
    """Words for one task.

    Args:
        learned: what the user's own column holds.
        kind: what rows are counted by, where they are of several kinds.
        counted: what is counted, in the plural.
        best: what the quality of a checkpoint is; empty where validation loss says the same.
    """

    learned: str
    kind: str = ""
    counted: str = "Rows"
    best: str = ""


WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "text-classification": Words("labels", "label"),
        "token-classification": Words("tags", "type", "Entities", "entity F1"),
        "question-answering": Words("answers", best="F1 of the answers"),
    }
)
TEXTS = Words("texts")
OF_LABELS: Mapping[str, str] = MappingProxyType({"accuracy": "accuracy", "r2": "R squared", "f1_micro": "F1, micro"})
"""What the best checkpoint of a classifier is best in, by the first of these metrics that its problem has."""


OF_PROBLEMS: Mapping[str, str] = MappingProxyType(
    {"single_label_classification": "accuracy", "multi_label_classification": "F1, micro", "regression": "R squared"}
)
"""The same by the problem, which is known before there are figures."""


def words_for(task: str) -> Words:
    """The words for a task; those for texts to be written where it has none of its own."""
    return WORDS.get(task, TEXTS)


def best_in(task: str, metrics: Mapping[str, object]) -> str:
    """What the quality of a checkpoint is; empty where nothing is to be said beside the loss."""
    words = words_for(task)
    return words.best or (next((said for name, said in OF_LABELS.items() if name in metrics), "") if words.kind else "")


def quality_of(task: str, problem: str) -> str:
    """As :func:`best_in`, where there are no figures yet."""
    words = words_for(task)
    return words.best or (OF_PROBLEMS.get(problem, "") if words.kind else "")

"""What each task's fine-tunes learn: how cells become targets, and how far a model's outputs are from them."""

from __future__ import annotations

from importlib import import_module

from core.training.objectives.base import Judge, Objective

_PLACES = {
    "text-classification": ("text_classification", "TextClassification"),
    "token-classification": ("token_classification", "TokenClassification"),
    "summarization": ("sequence_to_sequence", "SequenceToSequence"),
    "translation": ("sequence_to_sequence", "SequenceToSequence"),
    "text2text-generation": ("sequence_to_sequence", "SequenceToSequence"),
    "text-generation": ("causal", "Causal"),
    "question-answering": ("question_answering", "QuestionAnswering"),
}

TASKS = tuple(_PLACES)
"""Tasks that can be tuned."""


def objective_of(task: str) -> type[Objective]:
    """The objective of a task in ``TASKS``."""
    file, name = _PLACES[task]
    return getattr(import_module(f"{__name__}.{file}"), name)


__all__ = ["TASKS", "Judge", "Objective", "objective_of"]

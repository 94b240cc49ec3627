"""Which tasks there are."""

from __future__ import annotations

from core.errors import BadInput
from core.tasks.base import Task
from core.tasks.feature_extraction import FeatureExtraction
from core.tasks.fill_mask import FillMask
from core.tasks.question_answering import QuestionAnswering
from core.tasks.summarization import Summarization
from core.tasks.text2text_generation import Text2TextGeneration
from core.tasks.text_classification import TextClassification
from core.tasks.text_generation import TextGeneration
from core.tasks.token_classification import TokenClassification
from core.tasks.translation import Translation
from core.tasks.zero_shot_classification import ZeroShotClassification

_TASKS: tuple[Task, ...] = (
    TextClassification(),
    ZeroShotClassification(),
    TokenClassification(),
    FeatureExtraction(),
    QuestionAnswering(),
    Summarization(),
    Translation(),
    Text2TextGeneration(),
    TextGeneration(),
    FillMask(),
)


def all_tasks() -> tuple[Task, ...]:
    """Every task, in the order in which a picker shows them."""
    return _TASKS


def get(name: str) -> Task:
    """The task of this Hub name.

    Raises:
        BadInput: there is none.
    """
    for task in _TASKS:
        if task.name == name:
            return task
    raise BadInput(f"one of the tasks {', '.join(task.name for task in _TASKS)}", repr(name[:60]), "Choose one of these.")

"""What can be explained: one file for each kind of answer."""

from __future__ import annotations

from core.errors import BadInput
from core.inference.loading import Loaded
from core.inspect.attribution.subjects.answers import Answers
from core.inspect.attribution.subjects.base import Asked, Subject, Target
from core.inspect.attribution.subjects.continuations import Continuations
from core.inspect.attribution.subjects.gaps import Gaps
from core.inspect.attribution.subjects.labels import Labels, OwnLabels
from core.inspect.attribution.subjects.similarity import Similarity
from core.inspect.attribution.subjects.token_labels import TokenLabels
from core.inspect.attribution.subjects.written import WrittenTexts
from core.schema import LookSpec

SUBJECTS: tuple[type[Subject], ...] = (Labels, OwnLabels, TokenLabels, Answers, Continuations, Gaps, WrittenTexts, Similarity)


def subject_of(loaded: Loaded, look: LookSpec) -> Subject:
    """What can be explained of this row.

    Raises:
        BadInput: the task gives no number to explain with this model.
    """
    for kind in SUBJECTS:
        if look.task in kind.tasks:
            return kind(loaded, look)
    raise BadInput("a task whose answer is a number of the model", look.task, "Choose another task.")


__all__ = ["SUBJECTS", "Asked", "Subject", "Target", "subject_of"]

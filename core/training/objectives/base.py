"""The face that the objective of every task shows to the split, the check list and the trainer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from core.models import ModelFiles
from core.schema import FinetuneSpec, Role
from core.settings import Settings
from core.tasks import Task, TaskModel
from core.training.checks import Finding
from core.training.labels.column import Labels
from core.training.loop.examples import Examples
from core.training.rows import Rows
from core.training.splitting.same_texts import together
from core.training.splitting.split import ClassCount


class Judge(ABC):
    """Says how good a model is on some examples, from its outputs batch by batch."""

    @abstractmethod
    def add(self, items: np.ndarray, outputs: Any, labels: Any) -> None:
        """Takes the outputs of a batch.

        Args:
            items: places of the batch among the examples.
            outputs: of the model, on its device.
            labels: what :meth:`Examples.batch` gave as ``labels``.
        """

    @abstractmethod
    def figures(self) -> tuple[float, float]:
        """Mean loss, and quality: one number that is better the larger it is, minus infinity where an output is no number."""


@dataclass(frozen=True, eq=False)
class Objective(ABC):
    """What a fine-tune learns from the rows of its tables.

    Its first half needs no model: targets, what is wrong with them, which rows can be used. Its second half works on a model.

    Args:
        rows: of the table, and after them those of the validation table where there is one.
        labels: one label a row, several, or a number; ``None`` where a row says something else.

    Attributes:
        peft_task: name of the task in :class:`peft.TaskType`.
        quality: what the quality on the validation rows is, in words.
    """

    peft_task: ClassVar[str]
    quality: ClassVar[str]
    naming: ClassVar[tuple[Role, ...]] = ()
    """Roles that name rows, whose cells :meth:`arranged` reads."""
    rows: Rows
    labels: Labels | None = None

    @classmethod
    def arranged(cls, rows: Rows) -> Rows:
        """The rows of one table as they are learned from: as many, each in its place."""
        return rows

    @classmethod
    @abstractmethod
    def read(cls, settings: Settings, spec: FinetuneSpec, rows: Rows) -> Self:
        """Reads the targets of all rows.

        Raises:
            BadInput: nothing can be learned from them.
            LimitReached: they are more than the settings allow.
        """

    @classmethod
    def lacks(cls, task: Task, roles: Collection[Role]) -> Role | None:
        """The role without whose column nothing can be learned; ``None`` where these roles are enough."""
        return None if task.truth_roles[0] in roles else task.truth_roles[0]

    @classmethod
    def suits(cls, files: ModelFiles) -> bool:
        """Whether a base can be tuned for this, as far as its files tell."""
        return True

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the outputs of the head that is trained; empty where they have none."""
        return self.labels.names if self.labels else ()

    @property
    def outputs(self) -> int:
        """How many outputs a head of its own has."""
        return max(len(self.names), 1)

    @property
    def new_head(self) -> bool:
        """Whether the model gets a head of its own for this; otherwise it keeps the one it has."""
        return True

    @property
    def problem(self) -> str:
        """transformers' ``problem_type``; empty where it has none."""
        return self.labels.problem if self.labels else ""

    @property
    @abstractmethod
    def summary(self) -> str:
        """What is learned, to be put behind "Tuned for"."""

    def says(self) -> list[str]:
        """What a user of the adapter has to know of its inputs, for its card."""
        return []

    @abstractmethod
    def usable(self) -> np.ndarray:
        """Rows that can be learned from, int64 and ascending."""

    def same(self) -> np.ndarray:
        """An id for each row; rows of one id have the same texts and must be on one side of a split."""
        return together(*self.rows.cells.values())

    @abstractmethod
    def findings(self, train: np.ndarray, validation: np.ndarray) -> list[Finding]:
        """The check list, what stops a training first."""

    def classes(self, train: np.ndarray, validation: np.ndarray) -> list[ClassCount]:
        """Rows per class on either side; empty where there are no classes."""
        return []

    @abstractmethod
    def truth(self, places: np.ndarray) -> dict[Role, list[str | None]]:
        """What the task's ``measure`` takes as the user's own answers, for some rows."""

    def begin(self, network: Any, train: np.ndarray) -> Objective:
        """The objective as this model learns it; may note in the network's config what a later run must know."""
        return self

    @abstractmethod
    def examples(self, model: TaskModel, places: np.ndarray) -> Examples:
        """Some rows, tokenised; a long one may be several examples.

        Args:
            model: with ``max_length`` as the dials have it.
        """

    def cut(self, examples: Examples, places: np.ndarray) -> list[Finding]:
        """What did not fit into these examples.

        Args:
            places: of the rows that they were made of.
        """
        return []

    def weights(self, examples: Examples) -> np.ndarray | None:
        """Weights that let each class count the same, float32 ``[labels]``; ``None`` where there are no classes."""
        return None

    def prior(self, examples: Examples, weights: np.ndarray | None = None) -> np.ndarray | None:
        """Logits of a head that only knows how frequent the labels are, float32 ``[labels]``; ``None`` where they have no frequency.

        Args:
            weights: of the labels in the loss, as :meth:`weights` gives them.
        """
        return None

    @abstractmethod
    def loss(self, outputs: Any, labels: Any, *, weights: Any = None, smoothing: float = 0.0) -> Any:
        """Mean loss of a batch in fp32, a tensor without dimensions.

        Args:
            outputs: of the model.
            labels: what :meth:`Examples.batch` gave as ``labels``.
            weights: tensor, as :meth:`weights` gives them.
            smoothing: part of the target that is spread over the other labels.
        """

    @abstractmethod
    def judge(self, examples: Examples) -> Judge:
        """Figures on these examples."""

    def end(self, network: Any) -> None:  # noqa: B027  nothing to do by default
        """Called once after the training, before anything is saved."""

    def scored(self, settings: Settings, places: np.ndarray) -> np.ndarray:
        """Those of the validation rows that the finished adapter answers, to be measured as any run is."""
        return places

    def figures(self, settings: Settings, model: Callable[[], TaskModel], before: Callable[[], Any], places: np.ndarray) -> dict[str, Any]:
        """Figures of the finished adapter beside those of its task, as a run's ``metrics.json`` has them; mostly none.

        Args:
            model: loads the base with the adapter.
            before: loads the network of the base.
            places: of all validation rows.
        """
        return {}

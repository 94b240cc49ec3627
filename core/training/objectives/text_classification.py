"""text-classification: one label for each text, several, or a number."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from core import tasks
from core.schema import FinetuneSpec, Role
from core.settings import Settings
from core.tasks import TaskModel
from core.training.checks import Finding, check, usable_rows
from core.training.labels.column import MULTI, REGRESSION, SINGLE, read_labels
from core.training.labels.prior import logits_of_one, logits_of_several
from core.training.labels.scale import Scale, scale_of
from core.training.loop.examples import Examples, trained_apart
from core.training.loop.quality import quality_of
from core.training.objectives.base import Judge, Objective
from core.training.rows import Rows
from core.training.splitting.split import ClassCount, preview

NAME = "text-classification"
PROBLEMS = MappingProxyType(
    {
        "single_label_classification": "one label for each text",
        "multi_label_classification": "any number of labels for each text",
        "regression": "a number for each text",
    }
)


@dataclass(frozen=True, eq=False)
class TextClassification(Objective):
    """Logits that say the label column.

    Args:
        scale: of numbers, once the training rows are known.
    """

    scale: Scale | None = None
    peft_task = "SEQ_CLS"
    quality = "accuracy, micro-F1 of several labels, or R squared of numbers"

    @classmethod
    def read(cls, settings: Settings, spec: FinetuneSpec, rows: Rows) -> Self:
        return cls(rows, read_labels(settings, rows.truth[Role.LABEL], problem=spec.problem, separator=spec.separator))

    @property
    def summary(self) -> str:
        return PROBLEMS[self.problem]

    def usable(self) -> np.ndarray:
        return usable_rows(self.labels, self.rows.cells[Role.TEXT])

    def findings(self, train: np.ndarray, validation: np.ndarray) -> list[Finding]:
        cells = self.rows.cells
        return check(self.labels, cells[Role.TEXT], cells.get(Role.TEXT_PAIR), train=train, validation=validation)

    def classes(self, train: np.ndarray, validation: np.ndarray) -> list[ClassCount]:
        return preview(self.labels, train, validation)

    def truth(self, places: np.ndarray) -> dict[Role, list[str | None]]:
        """Labels as the model says them, several as a list; cells as they are where a row has a number."""
        targets = self.labels.targets[places]
        if self.problem == SINGLE:
            return {Role.LABEL: [self.names[target] for target in targets]}
        if self.problem == MULTI:
            return {Role.LABEL: [json.dumps([self.names[place] for place in np.flatnonzero(row)]) for row in targets]}
        return self.rows.answers(places)

    def begin(self, network: Any, train: np.ndarray) -> Objective:
        return replace(self, scale=scale_of(self.labels.targets[train], network)) if self.problem == REGRESSION else self

    def examples(self, model: TaskModel, places: np.ndarray) -> Examples:
        encoded = tasks.get(NAME).encode(model, self.rows.some(places))
        targets = self.labels.targets[places]
        targets = self.scale.inward(targets) if self.scale else targets
        return Examples(encoded, targets, accepted=model.accepted, equal_lengths=trained_apart(model, encoded))

    def weights(self, examples: Examples) -> np.ndarray | None:
        from core.training.labels.loss import class_weights

        return class_weights(examples.labels, self.problem, len(self.names))

    def prior(self, examples: Examples, weights: np.ndarray | None = None) -> np.ndarray | None:
        targets = examples.labels
        if self.problem == SINGLE:
            return logits_of_one(np.bincount(targets, minlength=len(self.names)), weights)
        return logits_of_several(targets.sum(axis=0), len(targets), weights) if self.problem == MULTI else None

    def loss(self, outputs: Any, labels: Any, *, weights: Any = None, smoothing: float = 0.0) -> Any:
        from core.training.labels.loss import loss_of

        return loss_of(outputs.logits, labels, self.problem, weights=weights, smoothing=smoothing)

    def judge(self, examples: Examples) -> Judge:
        return LogitsJudge(examples, self.problem, max(len(self.names), 1))

    def end(self, network: Any) -> None:
        if self.scale:
            self.scale.fold_into(network)


class LogitsJudge(Judge):
    """Keeps the logits of all examples.

    Args:
        outputs: of the head.
    """

    def __init__(self, examples: Examples, problem: str, outputs: int) -> None:
        self.examples, self.problem = examples, problem
        self.logits = np.empty((len(examples), outputs), np.float32)

    def add(self, items: np.ndarray, outputs: Any, labels: Any) -> None:
        self.logits[items] = outputs.logits.float().cpu().numpy()

    def figures(self) -> tuple[float, float]:
        import torch

        from core.training.labels.loss import loss_of

        targets = self.examples.labels
        loss = float(loss_of(torch.from_numpy(self.logits), torch.from_numpy(targets), self.problem))
        return loss, quality_of(self.logits, targets, self.problem)

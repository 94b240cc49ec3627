"""Labels of whole texts: those of a classifier, and those that a user names for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.inspect.attribution.reading import Reading, read
from core.inspect.attribution.scalars import Batch, LabelScalar, Scalar
from core.inspect.attribution.subjects.base import LOG_PROBABILITY, LOGIT, Asked, Subject, Target
from core.inspect.attribution.subjects.similarity import SimilarityScalar
from core.schema import Role
from core.tasks.labels import scores_of
from core.tasks.zero_shot_classification import entailment, hypotheses

LABEL_TEXT = "label"  # the name under which the sentence that stands for a label is shown
FUNCTIONS = {"single": "softmax", "multi": "sigmoid", "score": "sigmoid"}


class Labels(Subject):
    """The logit or log-probability of a label; of a regression the number itself. Texts and pairs of texts."""

    tasks = ("text-classification",)

    def targets(self) -> list[Target]:
        logits = self.loaded.task.forward(self.model, self.batch())[0].astype(np.float64)
        problem, labels = self.model.problem, self.model.labels
        if problem == "regression":
            return [Target(id="0", title="the number", scalars=("number",), value=float(logits[0]))]
        scores = scores_of(logits[None], problem)[0]
        scalars = (LOGIT, LOG_PROBABILITY) if problem in FUNCTIONS else (LOGIT,)
        order = np.argsort(-scores, kind="stable")
        return [Target(id=str(index), title=labels[index], scalars=scalars, value=float(scores[index])) for index in order]

    def ask(self, target: Target, scalar: str) -> Asked:
        texts = [(str(Role.TEXT), self.cell(Role.TEXT)), (str(Role.TEXT_PAIR), self.look.cells.get(Role.TEXT_PAIR, ""))]
        reading = read(self.tokenizer, self.encoded, 0, [text for text in texts if text[1].strip()])
        log = FUNCTIONS[self.model.problem] if scalar == LOG_PROBABILITY else ""
        words = "the number" if scalar == "number" else f"{scalar} of {target.title}"
        return Asked(reading, LabelScalar(words, index=int(target.id), log=log))


@dataclass(frozen=True)
class EntailmentScalar(Scalar):
    """The logit of "entailed" less that of "contradicted".

    Args:
        entailed: number of the first.
        contradicted: number of the second.
    """

    entailed: int = 0
    contradicted: int = 0

    def of(self, network: Any, batch: Batch) -> Any:
        logits = network(**batch.inputs).logits.float()
        return logits[:, self.entailed] - logits[:, self.contradicted]


class OwnLabels(Subject):
    """How far a text entails the sentence of a label, or how near it comes to the label; the label itself is never hidden."""

    tasks = ("zero-shot-classification",)

    def targets(self) -> list[Target]:
        scores, scalar = self._scores()
        order = np.argsort(-scores, kind="stable")
        labels = self.model.labels
        return [Target(id=str(index), title=labels[index], scalars=(scalar,), value=float(scores[index])) for index in order]

    def ask(self, target: Target, scalar: str) -> Asked:
        text, label = (str(Role.TEXT), self.cell(Role.TEXT)), int(target.id)
        if "labels" in self.encoded.extra:
            reading = read(self.tokenizer, self.encoded, 0, [text])
            return Asked(reading, SimilarityScalar(f"cosine with {target.title}", other=self.encoded.extra["labels"][label]))
        entailed = entailment(self.network.config)
        against = len(self.network.config.id2label) - 1 if entailed == 0 else 0
        return Asked(self._pair(label, text), EntailmentScalar(f"entailment of {target.title}", entailed=entailed, contradicted=against))

    def _scores(self) -> tuple[np.ndarray, str]:
        """A score for each label, and what it is."""
        if "labels" in self.encoded.extra:
            vector = self.loaded.task.forward(self.model, self.batch())[0]
            return self.encoded.extra["labels"] @ vector, "cosine"
        pairs = [self.loaded.task.forward(self.model, self.batch(item))[0] for item in range(len(self.model.labels))]
        return np.array([entailed - against for against, entailed in pairs]), "entailment"

    def _pair(self, label: int, text: tuple[str, str]) -> Reading:
        """The text with the sentence of one label."""
        sentence = hypotheses(self.model)[label]
        return read(self.tokenizer, self.encoded, label, [text, (LABEL_TEXT, sentence)], fixed=(LABEL_TEXT,), truncation="only_first")

"""Labels of tokens: entities, parts of speech."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.inspect.attribution.reading import placed_at
from core.inspect.attribution.scalars import Batch, Scalar, logged
from core.inspect.attribution.subjects.base import LOG_PROBABILITY, LOGIT, Asked, Subject, Target
from core.schema import Role
from core.tasks.labels import scores_of
from core.tasks.network import call

LABELS_SHOWN = 2  # of each token: the one that it gets, and the one that it nearly got
OUTSIDE = "O"


@dataclass(frozen=True)
class TokenLabelScalar(Scalar):
    """A logit of a label at one token, or its log-probability.

    Args:
        place: of the token.
        index: of the label.
    """

    place: int = 0
    index: int = 0
    log: str = ""

    def of(self, network: Any, batch: Batch) -> Any:
        logits = network(**batch.inputs).logits.float()[batch.every, batch.at(self.place)]
        return logged(logits, self.log)[:, self.index]


class TokenLabels(Subject):
    """The logit or log-probability of a label at a token; the token itself may be hidden by another one, but not taken out."""

    tasks = ("token-classification",)

    def targets(self) -> list[Target]:
        found: list[tuple[bool, int, int, Target]] = []
        seen: set[int] = set()
        for item in range(len(self.encoded.row)):
            scores = scores_of(call(self.network, self.batch(item)).logits[0].float().cpu().numpy().astype(np.float64), "single")
            reading = self._reading(item)
            for unit in reading.units("token", self.tokenizer):
                if unit.start in seen and reading.placed:  # two windows share it
                    continue
                seen.add(unit.start)
                place = unit.tokens[0]
                best = np.argsort(-scores[place], kind="stable")[:LABELS_SHOWN]
                outside = self.model.labels[best[0]] == OUTSIDE
                for rank, index in enumerate(best):
                    title = f"{self.model.labels[index]} at “{unit.text}”"
                    target = Target(
                        id=f"{item}.{place}.{index}", title=title, scalars=(LOGIT, LOG_PROBABILITY), value=float(scores[place, index])
                    )
                    found.append((outside, rank, len(found), target))
        return [target for *_, target in sorted(found, key=lambda entry: entry[:3])]

    def ask(self, target: Target, scalar: str) -> Asked:
        item, place, index = (int(part) for part in target.id.split("."))
        log = "softmax" if scalar == LOG_PROBABILITY else ""
        words = f"{scalar} of {target.title}"
        return Asked(self._reading(item), TokenLabelScalar(words, anchors=frozenset({place}), place=place, index=index, log=log))

    def _reading(self, item: int) -> Any:
        name = str(Role.TOKENS if self.look.cells.get(Role.TOKENS) else Role.TEXT)
        return placed_at(self.encoded, item, name, self.encoded.extra["texts"][self.encoded.row[item]], self.tokenizer)

"""Words in the gaps of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.inspect.attribution.reading import read
from core.inspect.attribution.scalars import Batch, Scalar, logged, words_cost
from core.inspect.attribution.subjects.base import LOG_PROBABILITY, LOGIT, Asked, Subject, Target
from core.schema import Role
from core.tasks.labels import scores_of
from core.tasks.network import call

WORDS_SHOWN = 5


@dataclass(frozen=True)
class PlaceScalar(Scalar):
    """The log-probability or logit of a token at one place.

    Args:
        place: of the token whose logits are read.
        token: that is asked about.
        vocabulary: numbers that the head gives.
    """

    place: int = 0
    token: int = 0
    log: str = "softmax"
    vocabulary: int = 0

    def of(self, network: Any, batch: Batch) -> Any:
        logits = network(**batch.inputs).logits[batch.every, batch.at(self.place)].float()
        return logged(logits, self.log)[:, self.token]

    def cost(self, tokens: int) -> int:
        return words_cost(tokens, self.vocabulary)


class Gaps(Subject):
    """The log-probability of a word in a gap; gaps are never hidden."""

    tasks = ("fill-mask",)

    def targets(self) -> list[Target]:
        inputs = self.batch()
        places = np.flatnonzero(inputs["input_ids"][0] == self.tokenizer.mask_token_id)
        logits = call(self.network, inputs).logits[0, places].float().cpu().numpy()
        scores = scores_of(logits.astype(np.float64), "single")
        found = []
        for gap, (place, row) in enumerate(zip(places, scores, strict=True), start=1):
            for token in np.argsort(-row, kind="stable")[:WORDS_SHOWN]:
                title = f"“{self.shown(token).strip()}” in gap {gap}" if len(places) > 1 else f"“{self.shown(token).strip()}” in the gap"
                found.append(Target(id=f"{place}.{token}", title=title, scalars=(LOG_PROBABILITY, LOGIT), value=float(row[token])))
        return found

    def ask(self, target: Target, scalar: str) -> Asked:
        place, token = (int(part) for part in target.id.split("."))
        reading = read(self.tokenizer, self.encoded, 0, [(str(Role.TEXT), self.encoded.extra["texts"][0])])
        log = "softmax" if scalar == LOG_PROBABILITY else ""
        words, vocabulary = f"{scalar} of {target.title}", self.vocabulary()
        return Asked(reading, PlaceScalar(words, anchors=frozenset({place}), place=place, token=token, log=log, vocabulary=vocabulary))

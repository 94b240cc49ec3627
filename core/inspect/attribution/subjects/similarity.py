"""How near the vector of a text comes to another one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.inspect.attribution.reading import read
from core.inspect.attribution.scalars import Batch, Scalar
from core.inspect.attribution.subjects.base import Asked, Subject, Target
from core.schema import Role
from core.tasks.encoding import encode_texts
from core.tasks.vectors.pooling import Pooling, one_vector, pooled

COSINE = "cosine"


@dataclass(frozen=True, eq=False)
class SimilarityScalar(Scalar):
    """The cosine of the text's vector and another one.

    Args:
        other: float32 ``[width]``, of length 1.
        pooling: how the vector of a text is made of its tokens.
    """

    other: np.ndarray | None = None
    pooling: Pooling = "mean"

    def of(self, network: Any, batch: Batch) -> Any:
        import torch

        given = batch.inputs
        if getattr(network.config, "is_encoder_decoder", False):
            network = network.get_encoder()
            given = {name: values for name, values in given.items() if name != "use_cache"}
        states = network(**given).last_hidden_state.float()
        mask = given.get("attention_mask")
        vectors = torch.nn.functional.normalize(one_vector(states, mask, self.pooling), dim=1)
        return vectors @ torch.from_numpy(np.asarray(self.other, np.float32)).to(vectors.device)


class Similarity(Subject):
    """The cosine with the text in the cell ``text_pair``, which is never hidden."""

    tasks = ("feature-extraction",)

    def targets(self) -> list[Target]:
        vector = pooled(self.network, self.batch(), self.model.options.pooling, normalise=True)[0]
        value = float(vector @ self._other)
        return [Target(id="other", title="similarity to the other text", scalars=(COSINE,), value=value)]

    def ask(self, target: Target, scalar: str) -> Asked:
        reading = read(self.tokenizer, self.encoded, 0, [(str(Role.TEXT), self.cell(Role.TEXT))])
        return Asked(reading, SimilarityScalar("cosine with the other text", other=self._other, pooling=self.model.options.pooling))

    @cached_property
    def _other(self) -> np.ndarray:
        encoded = encode_texts(
            self.tokenizer, [self.cell(Role.TEXT_PAIR)], None, max_length=self.model.cut_at, accepted=self.model.accepted
        )
        inputs = encoded.batch(np.array([0]))
        inputs = {name: values for name, values in inputs.items() if not self.model.accepted or name in self.model.accepted}
        return pooled(self.network, inputs, self.model.options.pooling, normalise=True)[0]

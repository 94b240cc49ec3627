"""Between the methods and the model: texts with units hidden go in, numbers and gradients come out. The model is left as it was."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.errors import BadInput, LimitReached
from core.inference.loading import Loaded
from core.inference.plan import cut_batches
from core.inspect.attribution.reading import Reading, Unit
from core.inspect.attribution.scalars import Batch, Scalar
from core.settings import Settings

SAME = 1e-3  # how far a number may move when the model gets its own embeddings in the place of token numbers
NO_PLACE = -1
Hiding = Literal["replace", "remove"]
Baseline = Literal["mask", "unknown", "padding", "zero"]
NO_EMBEDDINGS = "Choose leave-one-out, span occlusion or Shapley values: they need no gradients."
SHORTER = "Choose whole words instead of tokens, a shorter text, or a cheaper method."


@dataclass(frozen=True)
class Stand:
    """The token that stands where a unit was.

    Args:
        token: its number.
        name: as the tokenizer writes it.
    """

    token: int
    name: str


def stand_in(tokenizer: Any) -> Stand:
    """The mask token, else the unknown one, else the ending one. Never the padding: some models leave that out, or count without it."""
    for name in ("mask", "unk", "eos", "bos"):
        token = getattr(tokenizer, f"{name}_token_id", None)
        if token is not None:
            return Stand(int(token), str(getattr(tokenizer, f"{name}_token")))
    return Stand(0, str(tokenizer.convert_ids_to_tokens(0)))


def baselines(tokenizer: Any) -> list[Baseline]:
    """What a text without information can be made of, the usual one first."""
    known = {"mask": tokenizer.mask_token_id, "unknown": tokenizer.unk_token_id, "padding": tokenizer.pad_token_id}
    found = [name for name, token in known.items() if token is not None]
    return [*found[:1], "zero", *found[1:]] if known["mask"] is not None else ["zero", *found]


class Asker:
    """Asks a model about one reading.

    Args:
        hiding: whether units that are hidden are taken out of the text or replaced by ``stand``.
    """

    def __init__(
        self,
        settings: Settings,
        loaded: Loaded,
        reading: Reading,
        scalar: Scalar,
        units: list[Unit],
        *,
        hiding: Hiding = "replace",
        clock: Any = time.monotonic,
    ) -> None:
        scorer = loaded.scorer(settings)
        self.reading, self.scalar, self.units, self.hiding = reading, scalar, units, hiding
        self.model, self.network = loaded.model, loaded.model.network
        self.stand = stand_in(self.model.tokenizer)
        self.forward_passes = self.backward_passes = 0
        self._budget = scorer.token_budget
        self._equal = scorer.equal_lengths or self.model.tokenizer.pad_token_id is None
        self._seconds, self._clock = settings.attribution_seconds, clock
        self._began = clock()
        self._whole: float | None = None

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return self._clock() - self._began > self._seconds

    def whole(self) -> float:
        """The number when nothing is hidden."""
        if self._whole is None:
            self._whole = float(self.values(np.ones((1, len(self.units)), bool))[0])
        return self._whole

    def values(self, present: np.ndarray) -> np.ndarray:
        """The number when only some units are there; equal ones are asked once.

        Args:
            present: bool ``[texts, units]``.

        Returns:
            float64 ``[texts]``.

        Raises:
            LimitReached: the time is up before all texts went through.
        """
        import torch

        distinct, where = np.unique(present, axis=0, return_inverse=True)
        texts = [self._hidden(row) for row in distinct]
        lengths = np.array([len(kept) for _, kept in texts])
        costs = np.array([self.scalar.cost(int(length)) for length in lengths])
        found = np.empty(len(texts))
        for items in self._batches(lengths, costs):
            if self.forward_passes and self.late:
                raise LimitReached(
                    f"an attribution within {self._seconds:g} seconds (attribution_seconds)",
                    f"{self.forward_passes:,} forward passes done, more to do",
                    SHORTER,
                )
            with torch.inference_mode():
                found[items] = self.scalar.of(self.network, self._batch([texts[item] for item in items])).cpu().numpy()
            self.forward_passes += len(items)
        return found[where.ravel()]

    def embedded(self) -> Any:
        """The embeddings of the tokens, float ``[tokens, width]``.

        Raises:
            BadInput: the model takes none in the place of token numbers, or gives other numbers for them.
        """
        import torch

        if self.model.accepted and "inputs_embeds" not in self.model.accepted:
            raise BadInput("a model that takes embeddings (inputs_embeds)", "one that takes token numbers only", NO_EMBEDDINGS)
        with torch.no_grad():
            points = self.network.get_input_embeddings()(self._tensor(self.reading.ids))
        try:
            found, whole = self.along(points[None])[0], self.whole()
        except (NotImplementedError, ValueError) as error:  # some classes take the argument only to refuse it
            raise BadInput("a model that takes embeddings (inputs_embeds)", str(error)[:200], NO_EMBEDDINGS) from error
        if abs(found - whole) > SAME * max(1.0, abs(whole)):
            raise BadInput(
                "the same answer for a text and for its embeddings", f"{whole:.4g} and {found:.4g} with this model", NO_EMBEDDINGS
            )
        return points

    def baseline(self, points: Any, kind: Baseline) -> Any:
        """The embeddings of a text without information: every token of a unit is replaced, the others stay.

        Args:
            points: what :meth:`embedded` gave.
        """
        import torch

        tokenizer = self.model.tokenizer
        token = {"mask": tokenizer.mask_token_id, "unknown": tokenizer.unk_token_id, "padding": tokenizer.pad_token_id}.get(kind)
        with torch.no_grad():
            stand = (
                torch.zeros_like(points[0]) if token is None else self.network.get_input_embeddings()(self._tensor(np.array([token])))[0]
            )
            base = points.clone()
            base[[token for unit in self.units for token in unit.tokens]] = stand
        return base

    def along(self, points: Any) -> np.ndarray:
        """The number for texts that are given as embeddings ``[texts, tokens, width]``; float64 ``[texts]``."""
        import torch

        with torch.no_grad():
            found = self.scalar.of(self.network, self._embedded_batch(points))
        self.forward_passes += len(points)
        return found.double().cpu().numpy()

    def slopes(self, points: Any) -> tuple[np.ndarray, Any]:
        """The number for texts that are given as embeddings, and how it changes with each; no more than :attr:`together` of them.

        Only the gradient of the embeddings is computed: none is left in the weights.

        Args:
            points: float ``[texts, tokens, width]``.

        Returns:
            float64 ``[texts]``, and a tensor like ``points``.
        """
        import torch

        with torch.enable_grad():
            points = points.detach().clone().requires_grad_(True)
            found = self.scalar.of(self.network, self._embedded_batch(points))
            slopes = torch.autograd.grad(found.sum(), points)[0]
        self.forward_passes += len(points)
        self.backward_passes += len(points)
        return found.detach().double().cpu().numpy(), slopes.detach()

    @property
    def together(self) -> int:
        """Texts that share a batch when nothing is taken out of them."""
        return max(1, self._budget // max(self.scalar.cost(len(self.reading.ids)), 1))

    def per_unit(self, tokens: np.ndarray) -> np.ndarray:
        """Values of tokens ``[tokens]`` summed to values of units ``[units]``."""
        return np.array([tokens[list(unit.tokens)].sum() for unit in self.units])

    def _hidden(self, present: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """The arguments with the absent units hidden, and the places that are kept."""
        hidden = [token for unit, there in zip(self.units, present, strict=True) if not there for token in unit.tokens]
        inputs = {name: values.copy() for name, values in self.reading.inputs.items()}
        kept = np.arange(len(self.reading.ids))
        gone = [token for token in hidden if self.hiding == "remove" and token not in self.scalar.anchors]
        inputs["input_ids"][hidden] = self.stand.token
        if len(gone) == len(kept):  # nothing would be left to read
            gone = gone[1:]
            inputs["input_ids"][hidden[:1]] = self.model.tokenizer.bos_token_id or self.stand.token
        kept = np.delete(kept, gone)
        return {name: values[kept] for name, values in inputs.items()}, kept

    def _batches(self, lengths: np.ndarray, costs: np.ndarray) -> list[np.ndarray]:
        if not self._equal:
            return cut_batches(costs, self._budget)
        groups = (np.flatnonzero(lengths == length) for length in np.unique(lengths))
        return [group[part] for group in groups for part in cut_batches(costs[group], self._budget)]

    def _batch(self, texts: list[tuple[dict[str, np.ndarray], np.ndarray]]) -> Batch:
        """Texts side by side, padded at the right where the model heeds its mask; else all have one length."""
        tokenizer = self.model.tokenizer
        fill = {"input_ids": tokenizer.pad_token_id or 0, "token_type_ids": getattr(tokenizer, "pad_token_type_id", 0) or 0}
        width = max(len(kept) for _, kept in texts)
        inputs = {name: np.stack([_filled(given[name], width, fill.get(name, 0)) for given, _ in texts]) for name in texts[0][0]}
        kept = np.stack([_filled(places, width, NO_PLACE) for _, places in texts])
        return self._made(inputs, kept)

    def _embedded_batch(self, points: Any) -> Batch:
        items = len(points)
        others = {name: np.stack([values] * items) for name, values in self.reading.inputs.items() if name != "input_ids"}
        batch = self._made(others, np.stack([np.arange(len(self.reading.ids))] * items))
        return Batch({"inputs_embeds": points, **batch.inputs}, batch.lengths, batch.kept)

    def _made(self, inputs: dict[str, np.ndarray], kept: np.ndarray) -> Batch:
        accepted = self.model.accepted
        if not accepted or "attention_mask" in accepted:
            inputs = {**inputs, "attention_mask": (kept >= 0).astype(np.int64)}
        given: dict[str, Any] = {name: self._tensor(values) for name, values in inputs.items()}
        if "use_cache" in accepted:
            given["use_cache"] = False
        return Batch(given, self._tensor((kept >= 0).sum(axis=1)), self._tensor(kept))

    def _tensor(self, values: np.ndarray) -> Any:
        import torch

        return torch.from_numpy(np.ascontiguousarray(values)).to(self.network.device)


def _filled(values: np.ndarray, width: int, value: int) -> np.ndarray:
    return np.concatenate([values, np.full(width - len(values), value, np.int64)])

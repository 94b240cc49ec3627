"""The loop that writes texts: what transformers' ``generate`` gives row by row, for a batch at a time.

``generate`` prepares caches, masks and positions; the loop below takes its place inside it for greedy search and sampling. It drops rows
as they finish (a batch otherwise computes all its rows until the last one ends), chooses by noise that belongs to the row, and keeps the
log-probability of each token. Beam search stays transformers' own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.tasks.network import tensors
from core.tasks.writing.noise import RowNoise

DROP_SHARE = 8  # finished rows leave the batch when they are an eighth of it: leaving costs a copy of the cache
SCORE_BYTES = 512_000_000  # of scores that beam search keeps: as many rows go through it at once
ROW_PROCESSORS = {
    "repetition_penalty": 1.0,
    "encoder_repetition_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "encoder_no_repeat_ngram_size": 0,
}
"""Settings that read a row's own tokens, and their values where they do nothing. Padding must not count as tokens there."""

ROWS_MIXED = frozenset({"rwkv"})
"""Model types that mix the rows of a batch when they go on from a stored state: tried with transformers 5.23, where the state lacks the
axis of positions. They write one row at a time, and several beams of a row without the state."""


@dataclass(frozen=True)
class Written:
    """One sequence that a model wrote.

    Args:
        ids: its tokens, the ending one included; int32 ``[tokens]``.
        logprobs: the model's own log-probability of each; float32 ``[tokens]``.
        score: of beam search, ``None`` elsewhere.
    """

    ids: np.ndarray
    logprobs: np.ndarray
    score: float | None = None


@dataclass(frozen=True)
class Decoding:
    """How texts are written.

    Args:
        max_new: most tokens.
        min_new: least tokens; ``None`` leaves it to the model's own settings.
        beams: 1 is greedy search or sampling.
        sequences: given for each row.
        sample: draw the tokens instead of taking the likeliest.
        seed: of the draws.
        more: further settings of transformers' ``GenerationConfig``.
    """

    max_new: int
    min_new: int | None = None
    beams: int = 1
    sequences: int = 1
    sample: bool = False
    seed: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self, network: Any, width: int) -> dict[str, Any]:
        """Arguments of ``generate`` for a batch whose decoder starts with ``width`` tokens."""
        given = {
            "max_length": width + self.max_new,
            "max_new_tokens": None,
            "min_new_tokens": None,
            "num_beams": self.beams,
            "num_return_sequences": self.sequences,
            "do_sample": self.sample,
            **self.more,
        }
        if self.min_new is not None or not network.config.is_encoder_decoder:  # a decoder's own minimum would count the padding
            given["min_length"] = width + self.min_new if self.min_new else 0
        if network.config.model_type in ROWS_MIXED and max(self.beams, self.sequences) > 1:
            given["use_cache"] = False
        return given


def write(
    network: Any, inputs: dict[str, np.ndarray], how: Decoding, *, ends: Callable[[list[int]], bool] | None = None
) -> list[tuple[Written, ...]]:
    """Writes texts for a padded batch; ``how.sequences`` for each row, the best first (of samples: the first drawn).

    Args:
        network: with transformers' ``generate``.
        inputs: its arguments; decoders are padded left.
        ends: whether a text is over, given its tokens so far; not with beams.

    Raises:
        ValueError: the model's output is no number.
    """

    rows = len(inputs["input_ids"])
    if network.config.model_type in ROWS_MIXED:
        rows = 1
    elif how.beams > 1:
        vocabulary = network.get_output_embeddings().weight.shape[0]
        rows = max(1, SCORE_BYTES // (4 * vocabulary * how.beams * how.max_new))
    parts = ({name: values[begin : begin + rows] for name, values in inputs.items()} for begin in range(0, len(inputs["input_ids"]), rows))
    return [row for part in parts for row in (_with_beams(network, part, how) if how.beams > 1 else _in_loop(network, part, how, ends))]


def _in_loop(
    network: Any, inputs: dict[str, np.ndarray], how: Decoding, ends: Callable[[list[int]], bool] | None
) -> list[tuple[Written, ...]]:
    import torch

    with torch.inference_mode():
        return network.generate(
            **tensors(network, inputs), custom_generate=_Loop(inputs, how, ends), **how.arguments(network, _width(network, inputs))
        )


def _width(network: Any, inputs: dict[str, np.ndarray]) -> int:
    """Tokens that the decoder starts with."""
    return 1 if network.config.is_encoder_decoder else inputs["input_ids"].shape[1]


def _own_ids(inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The tokens of each row without its padding."""
    mask = inputs.get("attention_mask")
    return list(inputs["input_ids"]) if mask is None else [ids[real == 1] for ids, real in zip(inputs["input_ids"], mask, strict=True)]


class _Loop:
    """Greedy search or sampling; called by ``generate`` in place of its own loop."""

    def __init__(self, inputs: dict[str, np.ndarray], how: Decoding, ends: Callable[[list[int]], bool] | None) -> None:
        self._inputs, self._how, self._ends = inputs, how, ends
        self._ids = _own_ids(inputs)
        self._noise = [RowNoise(how.seed, ids, number) for ids in self._ids for number in range(how.sequences)] if how.sample else []
        self._tokens: list[list[int]] = [[] for _ in range(len(self._ids) * how.sequences)]
        self._logprobs: list[list[float]] = [[] for _ in self._tokens]

    def __call__(
        self, model: Any, input_ids: Any, logits_processor: Any, stopping_criteria: Any, generation_config: Any, **state: Any
    ) -> list[tuple[Written, ...]]:
        import torch

        own = row_processors(model, generation_config, self._ids, self._how, _width(model, self._inputs))
        ending = generation_config._eos_token_tensor
        live = np.arange(len(input_ids))  # the sequence that each row of the batch belongs to
        going = np.ones(len(live), bool)
        outputs = model._prefill(input_ids, generation_config, state)
        for step in range(self._how.max_new):
            state = model._update_model_kwargs_for_generation(outputs, state, is_encoder_decoder=model.config.is_encoder_decoder)
            logits = outputs.logits[:, -1].float()
            rows = live // self._how.sequences
            scores = own(input_ids, logits.clone(), rows) if own else logits_processor(input_ids, logits.clone())
            chosen = self._chosen(scores, live, step)
            going &= ~self._keep(live, going, chosen, logits, ending)
            if not going.any() or step + 1 == self._how.max_new:
                break
            input_ids = torch.cat([input_ids, chosen[:, None]], dim=1)
            if (~going).sum() * DROP_SHARE >= len(going) and not any(isinstance(value, list | tuple) for value in state.values()):
                kept = torch.from_numpy(np.flatnonzero(going)).to(input_ids.device)
                input_ids, live, state = input_ids[kept], live[going], selected(state, kept, len(going))
                going = np.ones(len(live), bool)
            new = 1 if state.get("use_cache") else None
            outputs = model(**model.prepare_inputs_for_generation(input_ids, next_sequence_length=new, **state), return_dict=True)
        return self._written()

    def _chosen(self, scores: Any, live: np.ndarray, step: int) -> Any:
        """The next token of each row: int64 ``[rows]``."""
        import torch

        if not self._how.sample:
            return scores.argmax(dim=-1)
        noise = np.stack([self._noise[sequence].at(step, scores.shape[1]) for sequence in live])
        return (scores.double() + torch.from_numpy(noise).to(scores.device)).argmax(dim=-1)

    def _keep(self, live: np.ndarray, going: np.ndarray, chosen: Any, logits: Any, ending: Any) -> np.ndarray:
        """Notes the chosen tokens of the rows that are going on; gives the rows that end with them."""
        import torch

        likely = (logits.gather(1, chosen[:, None])[:, 0] - logits.logsumexp(dim=-1)).cpu().numpy()
        if np.isnan(likely[going]).any():
            raise ValueError("The model's output is not a number (NaN or infinite).")
        over = np.zeros(len(live), bool) if ending is None else torch.isin(chosen, ending).cpu().numpy()
        tokens = chosen.tolist()
        for place in np.flatnonzero(going):
            written = self._tokens[live[place]]
            written.append(tokens[place])
            self._logprobs[live[place]].append(likely[place])
            if self._ends and not over[place]:
                over[place] = self._ends(written)
        return over

    def _written(self) -> list[tuple[Written, ...]]:
        pairs = zip(self._tokens, self._logprobs, strict=True)
        written = [Written(np.array(ids, np.int32), np.array(values, np.float32)) for ids, values in pairs]
        return _by_row(written, self._how.sequences)


def _by_row(written: list[Written], sequences: int) -> list[tuple[Written, ...]]:
    return [tuple(written[begin : begin + sequences]) for begin in range(0, len(written), sequences)]


class RowProcessors:
    """Applies to each row the processors made for it alone, on its own tokens without padding."""

    def __init__(self, lists: list[Any], starts: list[int]) -> None:
        self._lists, self._starts = lists, starts

    def __call__(self, input_ids: Any, scores: Any, rows: np.ndarray | None = None) -> Any:
        """Args: ``rows``: the row that each line belongs to; by default the same number of lines each, in order."""
        import torch

        if rows is None:
            rows = np.arange(len(input_ids)) // (len(input_ids) // len(self._lists))
        changed = [
            self._lists[row](input_ids[place : place + 1, self._starts[row] :], scores[place : place + 1]) for place, row in enumerate(rows)
        ]
        return torch.cat(changed)


def row_processors(model: Any, config: Any, ids: list[np.ndarray], how: Decoding, width: int) -> RowProcessors | None:
    """Processors for each row by itself, where one of them would read the padding or the other rows; ``None`` where none would.

    Args:
        config: as ``generate`` has prepared it.
        ids: tokens of each row without padding.
        width: tokens that the decoder of the batch starts with.
    """
    if all(getattr(config, name) in (None, nothing) for name, nothing in ROW_PROCESSORS.items()):
        return None
    import torch

    lists, starts = [], []
    for own in ids:
        start = 0 if model.config.is_encoder_decoder else width - len(own)
        alone = copy.copy(config)
        alone.max_length = config.max_length - start
        alone.min_length = max((config.min_length or 0) - start, 0)
        inputs = torch.from_numpy(own).to(model.device)[None]
        lists.append(
            model._get_logits_processor(
                generation_config=alone,
                input_ids_seq_length=width - start,
                encoder_input_ids=inputs,
                device=model.device,
                model_kwargs={},
                logits_processor=[],
            )
        )
        starts.append(start)
    return RowProcessors(lists, starts)


def selected(state: Any, rows: Any, count: int) -> Any:
    """What ``generate`` carries from step to step, for some rows of the batch.

    Args:
        state: caches, tensors ``[count, ...]`` and dicts of them; anything else stays as it is.
        rows: int64 tensor.
        count: rows of the batch before.
    """
    if hasattr(state, "reorder_cache"):
        state.reorder_cache(rows)
        return state
    if hasattr(state, "index_select"):
        return state.index_select(0, rows) if state.ndim and len(state) == count else state
    if isinstance(state, dict):
        chosen = {name: selected(value, rows, count) for name, value in state.items()}
        return chosen if type(state) is dict else type(state)(**chosen)
    return state


def _with_beams(network: Any, inputs: dict[str, np.ndarray], how: Decoding) -> list[tuple[Written, ...]]:
    """Beam search as transformers has it; with processors for each row by itself where padding would count."""
    import torch

    width = _width(network, inputs)

    def search(model: Any, input_ids: Any, logits_processor: Any, stopping_criteria: Any, generation_config: Any, **state: Any) -> Any:
        own = row_processors(model, generation_config, _own_ids(inputs), how, width)
        return model._beam_search(input_ids, own or logits_processor, stopping_criteria, generation_config, **state)

    with torch.inference_mode():
        found = network.generate(
            **tensors(network, inputs),
            custom_generate=search,
            return_dict_in_generate=True,
            output_scores=True,
            **how.arguments(network, width),
        )
        steps = network.compute_transition_scores(found.sequences, found.scores, found.beam_indices)
    lengths = (found.beam_indices >= 0).sum(dim=1).tolist()
    written = [
        Written(ids[width : width + length].cpu().numpy().astype(np.int32), values[:length].float().cpu().numpy(), float(score))
        for ids, values, length, score in zip(found.sequences, steps, lengths, found.sequences_scores, strict=True)
    ]
    return _by_row(written, how.sequences)

"""The logit lens: what a language model would say if it stopped at an earlier layer.

The hidden state of each layer goes through the model's own final norm and output head (nostalgebraist 2020, "interpreting GPT: the
logit lens", https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru). Nothing is trained: early layers of some models answer in no readable way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel

from core.errors import BadInput
from core.inference.loading import Loaded
from core.inspect.causal import read
from core.inspect.pieces import Pieces
from core.inspect.scoring import BITS, scores_of
from core.schema import LookSpec
from core.settings import Settings
from core.tasks.network import tensors

CLOSE = 1e-3  # head and norm applied here and inside the model may differ in the last places of fp32
NEXT = "Choose another model: the other views work with this one."


class LensCell(BaseModel):
    """What a layer says at a place: its likeliest token, and how it expects the one that does stand there (``None`` behind the text)."""

    id: int
    text: str
    probability: float
    entropy: float
    surprisal: float | None
    rank: int | None


class LensLayer(BaseModel):
    """A layer's answers. ``layer`` counts blocks; 0 are the embeddings."""

    layer: int
    name: str
    cells: list[LensCell]


class LensPlace(BaseModel):
    """A place of the text and the token that stands there; behind the text none."""

    place: int
    id: int | None
    text: str


class Lens(BaseModel):
    """Layers by places, the first layer first; the last one is the model's own answer."""

    unit: str = BITS
    places: list[LensPlace]
    layers: list[LensLayer]
    all_layers: int
    tokens: int
    norm: str


def lens(settings: Settings, loaded: Loaded, look: LookSpec, *, first: int = 1, count: int = 8) -> Lens:
    """The likeliest token of each layer, for ``count`` places from ``first`` on.

    Args:
        first: a place, from 1: before the first token no layer has anything to say.
        count: at most ``settings.max_lens_tokens``. Of more than ``settings.max_lens_layers`` layers every so many are shown.

    Raises:
        BadInput: the model's hidden states, final norm or head do not allow it; the message says which.
    """
    seen, pieces = read(settings, loaded, look), Pieces(loaded.model.tokenizer)
    first = max(1, min(first, len(seen.ids)))
    shown = range(first, min(first + max(1, min(count, settings.max_lens_tokens)), len(seen.ids) + 1))
    states, norm, named = _states(loaded.model.network, seen.ids)
    layers = len(states) - (1 if named == 0 else 0)
    chosen = _evenly(len(states), settings.max_lens_layers)
    next_ids = [*seen.ids, 0]
    rows = [
        LensLayer(
            layer=at + named,
            name="embeddings" if at + named == 0 else f"layer {at + named}",
            cells=_cells(loaded.model.network, norm[1], states[at], shown, next_ids, len(seen.ids), pieces),
        )
        for at in chosen
    ]
    places = [
        LensPlace(place=at, id=seen.ids[at], text=pieces[seen.ids[at]]) if at < len(seen.ids) else LensPlace(place=at, id=None, text="")
        for at in shown
    ]
    return Lens(places=places, layers=rows, all_layers=layers, tokens=len(seen.ids), norm=norm[0])


def _cells(network: Any, norm: Any, state: Any, shown: Sequence[int], ids: Sequence[int], tokens: int, pieces: Pieces) -> list[LensCell]:
    import torch

    with torch.inference_mode():
        logits = network.get_output_embeddings()(norm(state[:, shown[0] - 1 : shown[-1]]))[0].float()
    scores = scores_of(logits, [ids[place] for place in shown], 1)
    return [
        LensCell(
            id=int(scores.best[at, 0]),
            text=pieces[int(scores.best[at, 0])],
            probability=float(scores.probabilities[at, 0]),
            entropy=float(scores.entropy[at]),
            surprisal=float(scores.surprisal[at]) if place < tokens else None,
            rank=int(scores.rank[at]) if place < tokens else None,
        )
        for at, place in enumerate(shown)
    ]


def _states(network: Any, ids: Sequence[int]) -> tuple[list[Any], tuple[str, Any], int]:
    """Hidden states ``[1, tokens, width]`` before the final norm, that norm with its name, and the layer that the first state belongs to.

    Models end their list of hidden states behind the final norm; some give the last block's own state before it (Mamba, RWKV), others do
    not (GPT-2, Llama), so that it is taken from the norm's input.
    """
    import torch

    head, candidates = network.get_output_embeddings(), _outside_layers(network)
    if head is None or not any(True for _ in head.parameters()):
        raise BadInput("a model with an output head", f"none in {type(network).__name__}", NEXT)
    kept: dict[str, tuple[Any, Any]] = {}
    hooks = [
        module.register_forward_hook(lambda _module, given, made, name=name: kept.__setitem__(name, (given[0] if given else None, made)))
        for name, module in candidates.items()
    ]
    try:
        with torch.inference_mode():
            found = network(**tensors(network, {"input_ids": np.array([ids], np.int64)}), output_hidden_states=True)
    finally:
        for hook in hooks:
            hook.remove()
    hidden = getattr(found, "hidden_states", None)
    if not hidden:
        raise BadInput("a model that gives its hidden states", f"none from {type(network).__name__}", NEXT)
    name = next((name for name, pair in kept.items() if _is_norm(*pair, hidden[-1])), None)
    if name is None:
        raise BadInput("a final norm before the output head", f"none found in {type(network).__name__}", NEXT)
    with torch.inference_mode():
        again = head(hidden[-1])
        if again.shape != found.logits.shape or not torch.allclose(again, found.logits, rtol=CLOSE, atol=CLOSE):
            raise BadInput("logits that come straight from the output head", "a model that changes them behind it", NEXT)
    states, before = list(hidden[:-1]), kept[name][0]
    if not states or not torch.equal(states[-1], before):
        states.append(before)
    blocks = getattr(network.config, "num_hidden_layers", len(states))
    return states, (name, candidates[name]), 0 if len(states) > blocks else 1


def _outside_layers(network: Any) -> dict[str, Any]:
    """Modules without parts of their own that belong to no block and could be a norm: whatever they learn is a vector."""
    return {
        name: module
        for name, module in network.named_modules()
        if name
        and not any(step.isdigit() for step in name.split("."))
        and not any(True for _ in module.children())
        and all(weight.ndim == 1 for weight in module.parameters())
    }


def _is_norm(given: Any, made: Any, last: Any) -> bool:
    """Whether a module made the last hidden state, out of another one."""
    import torch

    if not all(isinstance(value, torch.Tensor) and value.shape == last.shape for value in (given, made)):
        return False
    return torch.equal(made, last) and not torch.equal(given, made)


def _evenly(count: int, most: int) -> list[int]:
    """Numbers below ``count``, at most ``most`` of them, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(place) for place in np.linspace(0, count - 1, max(most, 2)).tolist()})

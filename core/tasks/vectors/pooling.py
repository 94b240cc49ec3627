"""One vector for each text, out of the last hidden states of its tokens."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from core.tasks.base import TaskModel
from core.tasks.encoding import encode_texts
from core.tasks.network import tensors

Pooling = Literal["mean", "cls", "last"]


def pooled(network: Any, inputs: dict[str, np.ndarray], pooling: Pooling, *, normalise: bool) -> np.ndarray:
    """Runs a model and pools its last hidden states over the real tokens.

    Of models with a decoder only the encoder runs.

    Args:
        inputs: arguments of the model, padded on either side; with ``attention_mask``, which is not handed on to models that take none.
        pooling: the mean of the tokens, the first token, or the last one.
        normalise: to length 1.

    Returns:
        float32 ``[items, width]``.
    """
    import torch

    if getattr(network.config, "is_encoder_decoder", False):
        network = network.get_encoder()
    given = tensors(network, inputs)
    with torch.inference_mode():
        states = network(**given).last_hidden_state.float()
        vectors = one_vector(states, given.get("attention_mask"), pooling)
        if normalise:
            vectors = torch.nn.functional.normalize(vectors, dim=1)
    return vectors.cpu().numpy()


def one_vector(states: Any, mask: Any, pooling: Pooling) -> Any:
    """The vector of each text, a tensor ``[items, width]``, with gradients where they are recorded.

    Args:
        states: last hidden states ``[items, tokens, width]``.
        mask: 1 for real tokens ``[items, tokens]``; ``None`` where all are.
    """
    import torch

    real = torch.ones(states.shape[:2], device=states.device) if mask is None else mask.float()
    if pooling == "mean":
        return (states * real[..., None]).sum(dim=1) / real.sum(dim=1, keepdim=True).clamp(min=1)
    places = torch.arange(states.shape[1], device=states.device) * real
    at = real.argmax(dim=1) if pooling == "cls" else places.argmax(dim=1)
    return states[torch.arange(len(states)), at]


def vectors_of(model: TaskModel, texts: list[str], max_length: int) -> np.ndarray:
    """Normalised mean vectors of a few texts, one forward pass each: float32 ``[texts, width]``."""
    encoded = encode_texts(model.tokenizer, texts, None, max_length=max_length, accepted=model.accepted)
    vectors = []
    for item in range(len(texts)):
        inputs = encoded.batch(np.array([item]))
        inputs = {name: values for name, values in inputs.items() if not model.accepted or name in model.accepted}
        vectors.append(pooled(model.network, inputs, "mean", normalise=True)[0])
    return np.stack(vectors)

"""A moving average of the weights that a training passes through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback

AVERAGE = "average.safetensors"  # in a checkpoint, beside the weights to go on from


class Average(TrainerCallback):
    """Exponential moving average of the trained weights, kept beside them: they go on as if it were not there.

    The mean of the weights on the way generalises better than their end (Polyak and Juditsky 1992, "Acceleration of stochastic
    approximation by averaging"; Izmailov et al. 2018, https://arxiv.org/abs/1803.05407) and costs one sweep over them at each step.

    Args:
        decay: part of the average that each step leaves; about ``1 / (1 - decay)`` steps count.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.values: dict[str, torch.Tensor] = {}

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **others: Any) -> None:
        now = {name: weight.detach() for name, weight in _trained(model).items()}
        if not self.values:
            self.values = {name: weight.clone() for name, weight in now.items()}
            return
        # The first steps are far from the end and are forgotten sooner, as TensorFlow's ExponentialMovingAverage does with num_updates.
        decay = min(self.decay, (1 + state.global_step) / (10 + state.global_step))
        torch._foreach_lerp_([self.values[name] for name in now], list(now.values()), 1 - decay)

    @contextmanager
    def shown(self, model: Any) -> Iterator[None]:
        """The model has the average as its weights within a block, and its own again after it."""
        self._swap(model)
        try:
            yield
        finally:
            self._swap(model)

    def put(self, model: Any) -> None:
        """Makes the average the model's weights; before the first step there is none, and they stay."""
        for name, weight in _trained(model).items():
            weight.data.copy_(self.values.get(name, weight.data))

    def save(self, folder: Path) -> None:
        """Writes it into a checkpoint."""
        save_file({name: value.contiguous() for name, value in self.values.items()}, folder / AVERAGE)

    def load(self, checkpoint: Path, model: Any) -> None:
        """Reads it from a checkpoint, to where the model's weights are."""
        read = load_file(checkpoint / AVERAGE)
        self.values = {name: read[name].to(weight.device) for name, weight in _trained(model).items()}

    def _swap(self, model: Any) -> None:
        """Exchanges average and weights without copying either."""
        for name, weight in _trained(model).items():
            if name in self.values:
                self.values[name], weight.data = weight.data, self.values[name]


def _trained(model: Any) -> dict[str, Any]:
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}

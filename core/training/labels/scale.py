"""Numbers of any size as targets: learned with mean 0 and spread 1, said in the user's own units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Scale:
    """``target = center + spread * output``."""

    center: float = 0.0
    spread: float = 1.0

    def inward(self, targets: np.ndarray) -> np.ndarray:
        """Targets as the model learns them, float32."""
        return ((targets - self.center) / self.spread).astype(np.float32)

    def fold_into(self, model: Any) -> None:
        """Changes the head so that the model says targets; called once, after the training."""
        layer = output_layer(model)
        layer.weight.data.mul_(self.spread)
        if layer.bias is not None:
            layer.bias.data.mul_(self.spread).add_(self.center)


def scale_of(targets: np.ndarray, model: Any) -> Scale:
    """The scale of these training targets. A head without a bias cannot shift its output: there the center stays 0.

    Args:
        targets: float ``[rows]``.
        model: with a head of one output.
    """
    if output_layer(model).bias is None:
        return Scale(0.0, float(np.sqrt(np.square(targets, dtype=np.float64).mean())) or 1.0)
    return Scale(float(targets.mean(dtype=np.float64)), float(targets.std(dtype=np.float64)) or 1.0)


def output_layer(model: Any) -> Any:
    """The trained linear layer with one output; an adapter's own stands behind the one that it replaces."""
    return [module for module in model.modules() if getattr(module, "out_features", 0) == 1][-1]

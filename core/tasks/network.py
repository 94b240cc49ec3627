"""Calling a model from NumPy arrays, the same for all tasks."""

from __future__ import annotations

from typing import Any

import numpy as np


def call(network: Any, inputs: dict[str, np.ndarray], **more: Any) -> Any:
    """One forward pass without gradients.

    Args:
        network: a torch model in evaluation mode.
        inputs: its arguments as arrays ``[items, tokens]``.
        more: further arguments, handed on as they are.

    Returns:
        What the model returns, with tensors on its own device.
    """
    import torch

    with torch.inference_mode():
        return network(**tensors(network, inputs), **more)


def tensors(network: Any, inputs: dict[str, np.ndarray]) -> dict[str, Any]:
    """The arguments as tensors on the device of the model."""
    import torch

    return {name: torch.from_numpy(values).to(network.device) for name, values in inputs.items()}

"""One step of a training tried out before the first: does it fit, how long does it take? Weights and draws stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.errors import LimitReached, is_out_of_memory
from core.training.loop.preparing import Prepared

SMALLER = "Set batch_rows or max_length lower, gradient_checkpointing=true, or choose a smaller model."


def check_step(ready: Prepared, *, device: str, bf16: bool) -> None:
    """Tries the largest batch of the plan.

    Raises:
        LimitReached: memory runs out.
    """
    batch = max(ready.batches, key=lambda items: padded(ready, items))
    try:
        try_step(ready, batch, device=device, bf16=bf16)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        size = f"{len(batch):,} examples of {int(ready.examples.lengths[batch].max()):,} tokens"
        raise LimitReached("a step that fits into the memory of a job (job_memory_mb)", f"one of {size} that does not", SMALLER) from error


def try_step(ready: Prepared, batch: np.ndarray, *, device: str, bf16: bool) -> None:
    """Loss and gradients of a batch, which are dropped again."""
    import torch

    model = ready.model.to(device).train()
    with torch.random.fork_rng(devices=[] if device == "cpu" else [device]):
        inputs = {name: tensor.to(device) for name, tensor in ready.examples.batch(batch).items()}
        labels = inputs.pop("labels")
        with torch.autocast(device_type=device, dtype=torch.bfloat16, enabled=bf16):
            outputs: Any = model(**inputs)
        try:
            ready.objective.loss(outputs, labels).backward()
        finally:
            model.zero_grad(set_to_none=True)


def padded(ready: Prepared, batch: np.ndarray) -> int:
    """Padded tokens of a batch."""
    return len(batch) * int(ready.examples.costs[batch].max())

"""Where a model computes: the processor, or a GPU with CUDA; and how many tokens a batch may have on a GPU."""

from __future__ import annotations

import time

import numpy as np

from core.errors import BadInput
from core.inference.loading import CPU, CUDA, Loaded
from core.inference.plan import Window
from core.inference.score import Failure
from core.settings import Settings

LONGEST = 32  # of the window's items: what a batch of a budget is made of, so that memory is measured at its worst
GAIN = 1.05  # a budget is doubled as long as the tokens per second grow by this
SLOW_SECONDS = 2.0  # a batch that takes as long keeps any GPU busy


def device_for(settings: Settings, precision: str) -> str:
    """Where a new run computes.

    Args:
        precision: of the spec; int8 is for the processor.

    Raises:
        BadInput: the settings ask for a GPU and there is none.
    """
    if settings.device == CPU or precision == "int8":
        return CPU
    if is_here(CUDA):
        return CUDA
    if settings.device == CUDA:
        raise BadInput(
            "a GPU, as SHEETFORMER_DEVICE=cuda asks for", "none that torch can use", "Set it to auto or cpu, or install the driver."
        )
    return CPU


def is_here(device: str) -> bool:
    """Whether a device can be used in this process."""
    import torch

    return device == CPU or (device == CUDA and torch.cuda.is_available())


def measured_budget(settings: Settings, loaded: Loaded, window: Window) -> int:
    """Padded tokens of a batch at which a GPU is busy: doubled from the processor's while that makes it faster and fits.

    Args:
        loaded: the model as the run will use it.
        window: rows of the run; their longest items are repeated to fill a batch.

    Returns:
        Tokens, from ``settings.token_budget`` to ``settings.max_token_budget``; less where not even that fits.
    """
    _, encoded = next(loaded.encode(window))
    if isinstance(encoded, Failure) or not len(encoded.row):
        return settings.token_budget
    longest = np.argsort(-encoded.costs, kind="stable")[:LONGEST]
    scorer = loaded.scorer(settings)
    if scorer.equal_lengths or not encoded.has_padding:
        longest = longest[:1]
    width = max(1, int(encoded.costs[longest[0]]))
    budget, best_budget, best_rate = settings.token_budget, settings.token_budget, 0.0
    while budget <= settings.max_token_budget:
        scorer.token_budget = budget
        items = np.resize(longest, max(1, budget // width))
        scorer.outputs(encoded, items[: len(longest)])  # kernels of this width
        began = time.perf_counter()
        scorer.outputs(encoded, items)
        seconds = time.perf_counter() - began
        if scorer.token_budget < budget:  # memory ran out, and the scorer went on with less
            return min(best_budget, scorer.token_budget)
        rate = len(items) / max(seconds, 1e-9)
        if rate < GAIN * best_rate:
            break
        best_budget, best_rate = budget, rate
        if seconds >= SLOW_SECONDS:
            break
        budget *= 2
    return best_budget

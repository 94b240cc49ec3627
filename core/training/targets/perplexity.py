"""Perplexity of finished models on the validation rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.inference.plan import cut_batches
from core.metrics.perplexity import perplexity
from core.training.loop.examples import Examples


def perplexities(
    judge_of: Callable[[Examples], Any], examples: Examples, networks: Mapping[str, Callable[[], Any]], token_budget: int, seed: int
) -> dict[str, dict[str, Any]]:
    """Perplexity of several models on the same rows, with intervals.

    Args:
        judge_of: gives a judge that sums up ``surprisal`` and ``tokens`` for each example.
        networks: load torch models in evaluation mode, by the names of their figures.
        token_budget: padded tokens of a batch.
        seed: of the resampling.
    """
    import torch

    figures = {}
    for name, loaded in networks.items():
        network, judge = loaded(), judge_of(examples)
        with torch.inference_mode():
            for items in cut_batches(examples.costs, min(token_budget, examples.most_tokens)):
                inputs = {key: tensor.to(network.device) for key, tensor in examples.batch(items).items()}
                labels = inputs.pop("labels")
                judge.add(items, network(**inputs), labels)
        surprisal, tokens = (np.bincount(examples.encoded.row, each, examples.encoded.rows) for each in (judge.surprisal, judge.tokens))
        figures[name] = perplexity(surprisal, tokens, seed=seed)
    return figures

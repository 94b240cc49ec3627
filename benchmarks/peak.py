"""What share of the processor's bf16 peak a run reaches: ``python -m benchmarks.peak --rows 2000 --rounds 20``.

The speed of a shared machine changes from second to second, so both sides take turns of about a second: matrix products in bf16 by
torch, at the shapes of the model's layers and at a large square, of which the best counts; and the batches of our plan, scored as a
run scores them. Only operations on real tokens count, padding does not.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.engines import AUTO_CLASS, MODEL, TASK
from benchmarks.texts import make_texts
from core import models, tasks
from core.inference import backends
from core.inference.loading import Loaded, ready
from core.inference.plan import Window
from core.schema import Role
from core.settings import Settings

GEMM_SECONDS = 0.3
SCORE_SECONDS = 1.2


def prepared(texts: list[str]) -> Loaded:
    """The model on OpenVINO in bf16, as a run has it where that is the fastest."""
    settings, task = Settings(), tasks.get(TASK)
    files = models.resolve(settings, MODEL)
    model = ready(task, task.Options(), files, models.load_tokenizer(files), models.load_model(files, AUTO_CLASS))
    loaded = Loaded(task, files, model, "fp32")
    window = Window(np.arange(len(texts)), {Role.TEXT: texts})
    return backends.compiled(settings, loaded, backends.export(settings, loaded, window), "bf16")


def operations(config: Any, lengths: np.ndarray) -> float:
    """Multiplications and additions of texts of these lengths, without padding."""
    wide, middle, layers = (getattr(config, name) for name in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    projections = 2 * (4 * wide * wide + 2 * wide * middle) * lengths
    attention = 2 * 2 * wide * lengths**2
    return float(layers * (projections + attention).sum())


def products(config: Any) -> float:
    """Operations per second of the quickest of the products."""
    import torch

    wide, middle, tokens = config.hidden_size, config.intermediate_size, Settings().token_budget
    best = 0.0
    for rows, inner, columns in ((tokens, wide, wide), (tokens, wide, middle), (tokens, middle, wide), (tokens, tokens, tokens)):
        left, right = torch.randn(rows, inner, dtype=torch.bfloat16), torch.randn(inner, columns, dtype=torch.bfloat16)
        left @ right
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < GEMM_SECONDS:
            left @ right
            done += 1
        best = max(best, 2 * rows * inner * columns * done / (time.perf_counter() - began))
    return best


def turns(loaded: Loaded, texts: list[str]) -> Iterator[float]:
    """Operations per second of scoring, a second or so at a time, over and over the same batches."""
    encoded = loaded.task.encode(loaded.model, {Role.TEXT: texts})
    scorer = loaded.scorer(Settings())
    batches = scorer.batches(encoded, np.arange(len(texts)))
    for _ in scorer.computed(encoded, batches):  # kernels of all shapes
        pass
    lengths, config, place = encoded.lengths.astype(float), loaded.model.network.config, 0
    while True:
        some, began, seconds = 8, time.perf_counter(), 0.0
        done = 0.0
        while seconds < SCORE_SECONDS:
            chosen = [batches[(place + step) % len(batches)] for step in range(some)]
            place += some
            for _ in scorer.computed(encoded, chosen):
                pass
            done += operations(config, lengths[np.concatenate(chosen)])
            seconds = time.perf_counter() - began
        yield done / seconds


def main(argv: list[str] | None = None) -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=2_000)
    arguments.add_argument("--rounds", type=int, default=20)
    options = arguments.parse_args(argv)
    texts = list(dict.fromkeys(make_texts(options.rows)))
    loaded = prepared(texts)
    scoring = turns(loaded, texts)
    pairs = [(products(loaded.model.network.config), next(scoring)) for _ in range(options.rounds)]
    shares = sorted(mine / peak for peak, mine in pairs)
    peak, mine = (statistics.median(column) / 1e9 for column in zip(*pairs, strict=True))
    low, high = shares[len(shares) // 4], shares[-1 - len(shares) // 4]
    print(
        f"Matrix products in bf16: {peak:,.0f} GFLOP/s; scoring with OpenVINO in bf16: {mine:,.0f} GFLOP/s on real tokens; "
        f"share {statistics.median(shares):.2f} (half of the rounds between {low:.2f} and {high:.2f})."
    )


if __name__ == "__main__":
    main()

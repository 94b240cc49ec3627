"""What share of the processor's bf16 peak a run reaches: ``python -m benchmarks.peak --rows 2000 --rounds 20``.

The speed of a shared machine changes from second to second, so the sides take turns of about a second, and medians over the rounds
count: the matrix products of the model's layers, one after another in bf16, with all threads at each product and with a product of its
own for each thread; and the batches of our plan, scored as a run scores them. Only operations on real tokens count, padding does not.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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

GEMM_SECONDS = 0.8
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
    """Operations per second of the products of a layer of the model, for as many tokens as a batch has, without anything in between."""
    import torch

    wide, middle, tokens = config.hidden_size, config.intermediate_size, Settings().token_budget
    shapes = [(wide, wide)] * 4 + [(wide, middle), (middle, wide)]
    pairs = [(torch.randn(tokens, rows).bfloat16(), torch.randn(rows, columns).bfloat16()) for rows, columns in shapes]
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < GEMM_SECONDS:
        for left, right in pairs:
            left @ right
        done += 1
    return 2 * tokens * sum(rows * columns for rows, columns in shapes) * done / (time.perf_counter() - began)


def products_apart(config: Any) -> float:
    """Likewise with a layer for each thread, as a run computes a batch in each."""
    import torch

    threads = torch.get_num_threads()

    def alone(_: int) -> float:
        torch.set_num_threads(1)
        return products(config)

    with ThreadPoolExecutor(threads) as pool:
        found = sum(pool.map(alone, range(threads)))
    torch.set_num_threads(threads)
    return found


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
    scoring, config = turns(loaded, texts), loaded.model.network.config
    rounds = [(products(config), products_apart(config), next(scoring)) for _ in range(options.rounds)]
    together, apart, mine = (statistics.median(column) / 1e9 for column in zip(*rounds, strict=True))
    print(
        f"Matrix products of the layers in bf16: {together:,.0f} GFLOP/s with all threads at each, {apart:,.0f} with one for each thread; "
        f"scoring with OpenVINO in bf16: {mine:,.0f} GFLOP/s on real tokens, {mine / together:.2f} and {mine / apart:.2f} of it."
    )


if __name__ == "__main__":
    main()

"""Rows per second of a fine-tune against transformers' Trainer: ``python -m benchmarks.training --rows 2000 --rounds 3``.

LoRA of the same rank on the same layers of the embedded backbone, the same rows, the same number of optimiser steps with eight rows
each. One side is Trainer with its default settings; the other is ours: rows of like length together, bf16 where the processor has
it, dropout that is cheap. They take turns within each round; the ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.texts import make_texts
from benchmarks.trainers import SIDES, Work


def parity(texts: list[str]) -> Work:
    """The parity of a text's length as its label: what is learned does not matter here."""
    return Work(texts, np.array([len(text) % 2 for text in texts]), ("even", "odd"))


def main(argv: list[str] | None = None) -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=2_000)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args(argv)
    work = parity(make_texts(options.rows))
    rates: dict[str, list[float]] = {name: [] for name in SIDES}
    for number in range(options.rounds):
        for name, side in SIDES.items():
            with tempfile.TemporaryDirectory() as folder:
                rates[name].append(len(work.texts) / side(work, Path(folder)).seconds)
            print(f"round {number + 1}: {name} {rates[name][-1]:.1f} rows/s", file=sys.stderr)
    first = next(iter(rates.values()))
    print("| training | rows/s | ratio | each round |")
    print("|---|---|---|---|")
    for name, found in rates.items():
        ratios = [mine / theirs for mine, theirs in zip(found, first, strict=True)]
        print(f"| {name} | {statistics.median(found):.1f} | {statistics.median(ratios):.2f} | {', '.join(f'{r:.2f}' for r in ratios)} |")


if __name__ == "__main__":
    main()

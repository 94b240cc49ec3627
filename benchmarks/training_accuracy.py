"""Accuracy of a fine-tune against transformers' Trainer: ``python -m benchmarks.training_accuracy DATA --seeds 3 --epochs 3``.

The sides of ``benchmarks.training``, with as many optimiser steps and as many rows in each, and one learning rate for both or, with
``--own-learning-rates``, that which each takes by default. DATA is a folder with train.parquet and validation.parquet, columns text and
label: banking77 for the figures of the README.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.trainers import SIDES, Work, predicted
from core.metrics.counts import wilson

LEARNING_RATE = 5e-4


def accuracies(data: Path, *, seed: int, epochs: int, learning_rate: float | None) -> dict[str, tuple[int, int, float]]:
    """Side to validation rows with the right label, all of them, and seconds of training."""
    train, validation = (pd.read_parquet(data / f"{part}.parquet") for part in ("train", "validation"))
    names = tuple(sorted(train["label"].astype(str).unique()))
    place = {name: number for number, name in enumerate(names)}
    labels = train["label"].astype(str).map(place).to_numpy(np.int64)
    work = Work(list(train["text"]), labels, names, epochs=epochs, learning_rate=learning_rate, seed=seed)
    truth = validation["label"].astype(str).map(place).to_numpy()
    found = {}
    for name, side in SIDES.items():
        with tempfile.TemporaryDirectory() as folder:
            tuned = side(work, Path(folder))
        right = int((predicted(work.files, tuned.model, list(validation["text"])) == truth).sum())
        found[name] = (right, len(truth), tuned.seconds)
        print(f"seed {seed}: {name} {right / len(truth):.4f}, {tuned.seconds:.0f} s", file=sys.stderr)
    return found


def main(argv: list[str] | None = None) -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--seeds", type=int, default=3, help="how many, counted from --first-seed")
    arguments.add_argument("--first-seed", type=int, default=0)
    arguments.add_argument("--epochs", type=int, default=3)
    rates = arguments.add_mutually_exclusive_group()
    rates.add_argument("--learning-rate", type=float, default=LEARNING_RATE, help="of both sides")
    rates.add_argument("--own-learning-rates", dest="learning_rate", action="store_const", const=None, help="each side its default")
    options = arguments.parse_args(argv)
    rounds = [
        accuracies(options.data, seed=seed, epochs=options.epochs, learning_rate=options.learning_rate)
        for seed in range(options.first_seed, options.first_seed + options.seeds)
    ]
    print("| training | accuracy, each seed | mean | interval of the first seed | seconds |")
    print("|---|---|---|---|---|")
    for name in SIDES:
        each = [found[name][0] / found[name][1] for found in rounds]
        low, high = wilson(each[0], rounds[0][name][1])
        took = statistics.median(found[name][2] for found in rounds)
        shown = ", ".join(f"{value:.3f}" for value in each)
        print(f"| {name} | {shown} | {statistics.mean(each):.3f} | {low:.3f} to {high:.3f} | {took:.0f} |")


if __name__ == "__main__":
    main()

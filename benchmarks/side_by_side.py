"""What two trainings on the same cores cost each other: ``python -m benchmarks.side_by_side --rows 400 --rounds 3``.

A fine-tune alone, and two of them at once, with threads that wait for each other as torch's OpenMP has it by default and as our jobs
do (see ``core.processes.SHARED_CORES``). All four take turns within each round, each training in a process of its own. Two that share
the cores fairly take twice as long as one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.texts import make_texts
from benchmarks.trainers import by_us
from benchmarks.training import parity
from core.processes import SHARED_CORES

SIDES: dict[str, dict[str, str]] = {"threads as torch has them": {}, "threads as our jobs have them": SHARED_CORES}
AT_ONCE = (1, 2)


def train(rows: int) -> float:
    """Seconds of a training."""
    with tempfile.TemporaryDirectory() as folder:
        return by_us(parity(make_texts(rows)), Path(folder)).seconds


def turn(variables: dict[str, str], at_once: int, rows: int) -> float:
    """Seconds of a training beside others, on the average."""
    clean = {name: value for name, value in os.environ.items() if name not in SHARED_CORES}
    command = [sys.executable, "-m", "benchmarks.side_by_side", "--rows", str(rows), "--one"]
    how = {"env": clean | variables, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    started = [subprocess.Popen(command, **how) for _ in range(at_once)]
    return statistics.mean(float(each.communicate()[0]) for each in started)


def main(argv: list[str] | None = None) -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=400)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--one", action="store_true", help="Train once and print the seconds.")
    options = arguments.parse_args(argv)
    if options.one:
        print(train(options.rows))
        return
    found: dict[str, list[list[float]]] = {name: [] for name in SIDES}
    for number in range(options.rounds):
        for name, variables in SIDES.items():
            found[name].append([turn(variables, at_once, options.rows) for at_once in AT_ONCE])
            alone, beside = found[name][-1]
            print(f"round {number + 1}: {name}: alone {alone:.1f} s, beside another {beside:.1f} s", file=sys.stderr)
    print("| | alone, s | beside another, s | ratio | each round |")
    print("|---|---|---|---|---|")
    for name, rounds in found.items():
        alone, beside = (statistics.median(each[place] for each in rounds) for place in range(len(AT_ONCE)))
        ratios = [both / one for one, both in rounds]
        print(f"| {name} | {alone:.1f} | {beside:.1f} | {statistics.median(ratios):.2f} | {', '.join(f'{r:.2f}' for r in ratios)} |")


if __name__ == "__main__":
    main()

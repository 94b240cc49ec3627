"""What two trainings on the same cores cost each other: ``python -m benchmarks.side_by_side --rows 400 --rounds 3``.

A fine-tune alone, and two of them at once, with threads that wait for each other as torch's OpenMP has it by default and as our jobs
do (see ``core.processes.THREAD_WAITING``). All four take turns within each round, each training in a process of its own. Two that share
the cores fairly take at most twice as long as one: less where one alone leaves a core waiting now and then.
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
from core.processes import THREAD_WAITING

SIDES: dict[str, dict[str, str]] = {"threads as torch has them": {}, "threads as our jobs have them": THREAD_WAITING}
AT_ONCE = (1, 2)


def train(rows: int) -> float:
    """Seconds of a training."""
    with tempfile.TemporaryDirectory() as folder:
        return by_us(parity(make_texts(rows)), Path(folder)).seconds


def turn(variables: dict[str, str], at_once: int, rows: int) -> float:
    """Seconds of a training beside others, on the average."""
    clean = {name: value for name, value in os.environ.items() if name not in (*THREAD_WAITING, "OMP_WAIT_POLICY")}
    command = [sys.executable, "-m", "benchmarks.side_by_side", "--rows", str(rows), "--one"]
    started = [subprocess.Popen(command, env=clean | variables, stdout=subprocess.PIPE, text=True) for _ in range(at_once)]
    said = [each.communicate()[0] for each in started]
    if any(each.returncode for each in started):
        raise RuntimeError("a training beside others ended in an error, which it has printed")
    return statistics.mean(float(each) for each in said)


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
